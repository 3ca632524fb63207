package stack

// The people of the samples are made up; their domains are reserved for examples (RFC 2606).

// sample is one submission of the demo.
type sample struct {
	title   string // what it shows
	form    string
	id      string // the sender's submission id
	answers map[string]any
}

func demoRequest(answers map[string]any) map[string]any {
	all := map[string]any{
		"job_title": "Head of Sales", "company_size": "51-200", "country": "DE", "marketing_opt_in": "yes",
		"lead_source": "enterprise_demo", "utm_source": "google", "utm_campaign": "autumn",
	}
	for name, answer := range answers {
		all[name] = answer
	}
	return all
}

var (
	mara = map[string]any{
		"email": "mara.lindqvist@northwind.example", "firstname": "Mara", "lastname": "Lindqvist", "company": "Northwind Traders",
		"phone": "+49 30 901820",
	}
	tomas = map[string]any{
		"email": "tomas.okafor@northwind.example", "firstname": "Tomás", "lastname": "Okafor", "company": "Northwind Traders",
	}
	ines = map[string]any{
		"email": "ines.haddad@fabrikam.example", "firstname": "Inês", "lastname": "Haddad", "company": "Fabrikam", "country": "PT",
	}
	yuki = map[string]any{
		"email": "yuki.brandt@contoso.example", "firstname": "Yuki", "lastname": "Brandt", "company": "Contoso", "country": "US",
	}
	olek = map[string]any{
		"email": "olek.marchetti at adatum", "firstname": "Olek", "lastname": "Marchetti", "company": "Adatum", "country": "IT",
	}
	bot = map[string]any{
		"email": "buy-cheap-now", "firstname": "Best", "lastname": "Offers", "company": "Offers", "country": "US",
	}
)

// customerDomain is the company that is a customer already when the demo begins.
const customerDomain = "fabrikam.example"

// Markers are texts of the samples' answers that identify a person; none of them may be found outside the ledger and
// the CRM (I3).
func Markers() []string {
	return []string{
		"lindqvist", "okafor", "haddad", "brandt", "marchetti", "whitlock", "tomás", "inês", "northwind", "adatum", "30 901820", "30901820",
		"buy-cheap-now", "best offers", "woodgrove", "mara+", "tomas+", "ines+", "yuki+", "guest1+", "guest2+", "@fabrikam.example",
		"@contoso", "@litware.example", "yuki-",
	}
}
