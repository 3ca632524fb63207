package main

import (
	"time"

	"github.com/spf13/cobra"

	"handoff/internal/ledger"
	"handoff/internal/mappingtool/coverage"
)

func newCoverage(t *tools) *cobra.Command {
	var since span
	var p coverage.Period
	cmd := &cobra.Command{
		Use:   "coverage",
		Short: "Find answers that no rule reads, answers that nobody sends any more, and rules that never write",
		Long: `Find where forms and mappings have come apart, in the submissions of the last days: answers that came and that no rule
reads, answers that rules read and that do not come any more, rules that never wrote anything, and forms that no mapping
serves. Names are counted; what was answered is not looked at.`,
		Example: `  handoff mappings coverage --since 30d
  handoff mappings coverage --since 2026-03-01 --mapping demo-request
  handoff mappings coverage --json | jq -r '.forms[].unmapped[]?.answer'`,
		Args: arguments(cobra.NoArgs, "no arguments but flags"),
		RunE: finding(func(cmd *cobra.Command, _ []string) (bool, error) {
			_, f, err := t.open()
			if err != nil {
				return false, err
			}
			set, _, err := compile(f)
			if err != nil {
				return false, err
			}
			if err := mapped(set, p.Mapping); err != nil {
				return false, err
			}
			l, err := openLedger(cmd.Context())
			if err != nil {
				return false, err
			}
			defer l.Close()
			p.Until = time.Now().UTC().Truncate(time.Second).Add(time.Second)
			p.Since = since.since(p.Until)
			total, err := l.CountSamples(cmd.Context(), ledger.SampleQuery{Since: p.Since, Until: p.Until, Source: p.Source, Form: p.Form})
			if err != nil {
				return false, err
			}
			step, done := progress(cmd, "Counting", total)
			report, err := coverage.Run(cmd.Context(), l, set, p, step)
			done()
			if err != nil {
				return false, err
			}
			return report.OK(), t.print(cmd, report)
		}),
	}
	_ = since.Set("30d")
	cmd.Flags().Var(&since, "since", "how far back: 7d, 2w, 36h, or the day to begin at")
	cmd.Flags().StringVar(&p.Mapping, "mapping", "", "only forms that this mapping serves")
	cmd.Flags().StringVar(&p.Source, "source", "", "only submissions of this source")
	cmd.Flags().StringVar(&p.Form, "form", "", "only submissions of this form")
	return cmd
}
