package value

func domainOfTransform() Transform {
	return simple("domain_of", "The domain of an e-mail address, or nothing where it says nothing about a company: an invalid address, or one of a free mail provider.",
		companyDomain, Example{In: "Ann@Sales.ACME.com", Out: "sales.acme.com"}, Example{In: "ann@gmail.com", Out: nil})
}

// companyDomain is the domain of an address, or "" where it says nothing about a company.
func companyDomain(text string) string {
	address, at, ok := email(text)
	if !ok || freeMail(address[at+1:]) {
		return ""
	}
	return address[at+1:]
}
