# One image with Handoff's programs; docker-compose.yml says which one a service runs. Configuration and mappings are mounted.
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o /out/ ./worker ./starter ./cmd/handoff

# No shell, no package manager, not root.
FROM gcr.io/distroless/static-debian12:nonroot
WORKDIR /
COPY --from=build /out/worker /out/starter /out/handoff /
USER nonroot:nonroot
ENTRYPOINT ["/starter"]
