package value

import "strconv"

func domainOfTransform() Transform {
	return simple("domain_of",
		"The domain of an e-mail address, as it stands there. Nothing where it says nothing about a company: an invalid address, or one of a free mail provider.",
		func(text string) string {
			domain, _ := mailDomain(text)
			return domain
		},
		Example{In: "Ann@Sales.ACME.com", Out: "sales.acme.com"},
		Example{In: "ann@gmail.com", Out: nil})
}

func companyDomainTransform() Transform {
	return simple("company_domain",
		"The domain that a company has registered, of an e-mail address or a web address. Nothing for free mail providers and for what is no address.",
		func(text string) string {
			host, ok := hostOf(text)
			if !ok || FreeMail(host) {
				return ""
			}
			domain, ok := registrable(host)
			if !ok || FreeMail(domain) {
				return ""
			}
			return domain
		},
		Example{In: "ann@sales.acme.co.uk", Out: "acme.co.uk"},
		Example{In: "https://www.acme.com/jobs", Out: "acme.com"},
		Example{In: "ann@gmx.de", Out: nil})
}

func freeMailTransform() Transform {
	return simple("free_mail",
		"Says true of an e-mail address where everybody can have one, such as gmail.com, and false of another. Goes with type: boolean.",
		func(text string) string {
			_, free := mailDomain(text)
			if _, _, ok := email(text); !ok {
				return ""
			}
			return strconv.FormatBool(free)
		},
		Example{In: "ann@gmail.com", Out: "true"},
		Example{In: "ann@acme.com", Out: "false"})
}

// mailDomain is the domain of an address, and "" where it says nothing about a company; free says that it is one of a
// free mail provider.
func mailDomain(text string) (domain string, free bool) {
	address, at, ok := email(text)
	if !ok {
		return "", false
	}
	if domain = address[at+1:]; FreeMail(domain) {
		return "", true
	}
	return domain, false
}
