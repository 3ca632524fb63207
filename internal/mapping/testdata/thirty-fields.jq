# The same mapping, as far as jq can say it. What it cannot: parse a phone number (it only takes the digits), know where a
# name's particles begin beyond this list, fold accents, punycode, or the names of all countries in all languages.
def clean: if type == "string" then gsub("^\\s+|\\s+$"; "") else . end;
def collapse: clean | gsub("\\s+"; " ");
def fold: collapse | ascii_downcase;
def short($n): if length > $n then error("too long") else . end;
def cut($n): .[:$n];
def email: clean | ascii_downcase | if test("^[^@\\s]+@[a-z0-9-]+(\\.[a-z0-9-]+)+$") then . else error("no address") end;
def enum($table): fold as $key | if $table | has($key) then $table[$key] else error("not in the table") end;
def boolean: if type == "boolean" then . else enum({"yes": true, "ja": true, "true": true, "on": true, "1": true, "oui": true, "no": false, "nein": false, "nee": false, "false": false, "off": false, "0": false, "non": false}) end;
def country: enum({"nederland": "NL", "netherlands": "NL", "the netherlands": "NL", "nl": "NL", "deutschland": "DE", "germany": "DE", "de": "DE", "united states": "US", "usa": "US", "us": "US"});
def phone($country): clean | if startswith("+") then "+" + gsub("[^0-9]"; "") else {"NL": "+31", "DE": "+49", "US": "+1"}[$country] + (gsub("[^0-9]"; "") | ltrimstr("0")) end;
def date: capture("^(?<d>[0-9]{1,2})[./ -](?<m>[0-9]{1,2})[./ -](?<y>[0-9]{4})$") | "\(.y)-\(("0" + .m)[-2:])-\(("0" + .d)[-2:])" | if (strptime("%Y-%m-%d") | mktime | strftime("%Y-%m-%d")) == . then . else error("no such day") end;
def whole: clean | gsub("[,.' ]"; "") | tonumber;
def name: collapse | split(" ") as $words
  | ([range(1; ($words | length) - 1) | select($words[.] | ascii_downcase | IN("van", "von", "de", "der", "den", "del", "la", "bin"))] | first // (($words | length) - 1)) as $at
  | {first: ($words[:$at] | join(" ")), last: ($words[$at:] | join(" "))};
def url: clean | if test("^https?://[^\\s/]+\\.[^\\s]+$") then . else error("no address") end;

. as $a
| ($a.email | email) as $email
| ($email | split("@")[1]) as $domain
| ($a.country | country) as $country
| ($a.full_name | name) as $name
| ($a.employees | whole) as $employees
| (try ($a.lead_source | enum({"enterprise_demo": "demo-enterprise", "website_demo": "demo-website", "webinar": "webinar"})) catch "web") as $source
| {
    mapping: "thirty-fields",
    objects: [
      (if $domain | IN("gmail.com", "hotmail.com", "outlook.com", "yahoo.com", "web.de", "gmx.de") then empty else {
        name: "company", object: "company", keys: [["domain"]], fill_blanks: ["industry", "name"],
        fields: {
          domain: $domain, country: $country, name: ($a.company | collapse | short(200)), website: ($a.website | url),
          employees: $employees,
          industry: ($a.industry | enum({"software": "software", "retail": "retail", "health care": "health", "manufacturing": "manufacturing", "other": "other"})),
          revenue: ($a.revenue | enum({"< 1m": "s", "1m-10m": "m", "> 10m": "l"}))
        }
      } end),
      {
        name: "contact", object: "contact", keys: [["email"]], create_only: ["lead_source"], links: [{field: "company_id", to: "company"}],
        fields: {
          email: $email, first_name: $name.first, last_name: $name.last, phone: ($a.phone | phone($country)),
          mobile: ($a.mobile | phone($country)), country: $country, job_title: ($a.job_title | collapse | cut(120)),
          seniority: ($a.seniority | enum({"c-level": "c", "vp": "vp", "director": "director", "manager": "manager", "other": "other"})),
          birthday: ($a.birthday | date), language: ($a.language | clean | ascii_downcase | short(5)), street: ($a.street | collapse | short(100)),
          zip: ($a.zip | clean | ascii_upcase | short(12)), city: ($a.city | collapse | short(80)), newsletter: ($a.newsletter | boolean),
          terms: ($a.terms | boolean), opt_in: ($a.opt_in | boolean), consent_text: "May we write to you?", consent_at: "2026-03-02T09:30:00Z",
          lead_source: $source
        }
      },
      {
        name: "lead", object: "lead", keys: [["email"]], create_only: ["status"],
        links: [{field: "company_id", to: "company"}, {field: "contact_id", to: "contact"}],
        fields: {
          email: $email, employees: $employees, source: $source,
          utm_source: ($a.utm_source | fold as $s | {"google ads": "google", "adwords": "google", "li": "linkedin"}[$s] // $s),
          utm_medium: ($a.utm_medium | clean | ascii_downcase | short(80)), utm_campaign: ($a.utm_campaign | collapse | ascii_downcase | cut(120)),
          interests: ($a.interests | map(enum({"routing": "routing", "reporting": "reporting", "forms": "forms"})) | join(";")),
          start_date: ($a.start_date | date), budget: ($a.budget | whole), message: ($a.message | clean | cut(2000)),
          name: "\($a.firstname | clean) (\($a.company | clean))", timeline: ($a.timeline | enum({"this month": "now", "this quarter": "soon", "later": "later"})),
          status: "new"
        }
      }
    ],
    facts: {country: $country, employees: ($employees | tostring)}
  }
