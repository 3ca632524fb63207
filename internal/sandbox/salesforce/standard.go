package salesforce

import (
	"strconv"
	"strings"
	"time"
)

// standardObjects are those that every org has, with the fields and lengths of a recorded describe.
func standardObjects(now time.Time) map[string]*object {
	all := map[string]*object{}
	add := func(name, prefix string, fields ...*field) *object {
		o := newObject(name, prefix, now)
		for _, f := range fields {
			o.add(f)
		}
		all[strings.ToLower(name)] = o
		return o
	}
	add("Lead", "00Q", join(person(), address(""),
		texts("Title:128 Website:url:255 Description:textarea:32000"),
		[]*field{
			required(text("Company", 255)),
			choice("LeadSource", "", "Web", "Phone Inquiry", "Partner Referral", "Purchased List", "Other"),
			choice("Status", "Open - Not Contacted", "Open - Not Contacted", "Working - Contacted", "Closed - Converted", "Closed - Not Converted"),
			choice("Industry", "", industries...), choice("Rating", "", "Hot", "Warm", "Cold"),
			number("AnnualRevenue", "currency", 18), number("NumberOfEmployees", "int", 8), flag("HasOptedOutOfEmail"), flag("DoNotCall"),
			{Field: Field{Name: "IsConverted", Type: "boolean", Required: true}, label: "Converted", createOnly: true, defaulted: true, fallback: false},
			fixed(day("ConvertedDate")), fixed(reference("ConvertedAccountId", "Account")), fixed(reference("ConvertedContactId", "Contact")),
			fixed(reference("ConvertedOpportunityId", "Opportunity")), ownerField("Group", "User"),
		})...)
	add("Contact", "003", join(person(), address("Mailing"), texts("Title:128 Department:80 Description:textarea:32000"), []*field{
		reference("AccountId", "Account"), choice("LeadSource", "", "Web", "Phone Inquiry", "Partner Referral", "Purchased List", "Other"),
		flag("HasOptedOutOfEmail"), flag("DoNotCall"), day("Birthdate"), ownerField("User"),
	})...)
	add("Account", "001", join(address("Billing"), address("Shipping"), texts("Phone:phone:40 Fax:phone:40 Website:url:255 Description:textarea:32000 AccountNumber:40"), []*field{
		required(text("Name", 255)), choice("Industry", "", industries...), choice("Type", "", "Prospect", "Customer - Direct", "Customer - Channel", "Other"),
		choice("Rating", "", "Hot", "Warm", "Cold"), number("AnnualRevenue", "currency", 18), number("NumberOfEmployees", "int", 8),
		reference("ParentId", "Account"), ownerField("User"),
	})...)
	add("Opportunity", "006", join(texts("Description:textarea:32000 NextStep:255"), []*field{
		required(text("Name", 120)), required(choice("StageName", "", "Prospecting", "Qualification", "Needs Analysis", "Value Proposition", "Negotiation/Review", "Closed Won", "Closed Lost")),
		required(day("CloseDate")), reference("AccountId", "Account"), number("Amount", "currency", 18), number("Probability", "percent", 3), reference("CampaignId", "Campaign"),
		choice("Type", "", "Existing Business", "New Business"), choice("LeadSource", "", "Web", "Phone Inquiry", "Partner Referral", "Purchased List", "Other"), ownerField("User"),
	})...)
	add("OpportunityContactRole", "00K", required(fixedLater(reference("OpportunityId", "Opportunity"))), required(reference("ContactId", "Contact")),
		choice("Role", "", "Business User", "Decision Maker", "Economic Buyer", "Evaluator", "Other"), flag("IsPrimary"))
	add("Task", "00T", reference("WhoId", "Contact", "Lead"), reference("WhatId", "Account", "Opportunity", "Campaign"), text("Subject", 255), day("ActivityDate"),
		choice("Status", "Not Started", "Not Started", "In Progress", "Completed", "Waiting on someone else", "Deferred"), choice("Priority", "Normal", "High", "Normal", "Low"),
		&field{Field: Field{Name: "Description", Type: "textarea", Length: 32000}, label: "Description"}, choice("Type", "", "Call", "Email", "Meeting", "Other"), ownerField("Group", "User"))
	add("Campaign", "701", required(text("Name", 80)), flag("IsActive"), choice("Type", "", "Webinar", "Conference", "Email", "Other"),
		choice("Status", "Planned", "Planned", "In Progress", "Completed", "Aborted"), day("StartDate"), day("EndDate"), &field{Field: Field{Name: "Description", Type: "textarea", Length: 32000}}, ownerField("User"))
	add("CampaignMember", "00v", required(fixedLater(reference("CampaignId", "Campaign"))), fixedLater(reference("LeadId", "Lead")), fixedLater(reference("ContactId", "Contact")),
		&field{Field: Field{Name: "Status", Type: "picklist", Length: 40}, defaulted: true}, fixed(flag("HasResponded")))
	add("CampaignMemberStatus", "01Y", required(fixedLater(reference("CampaignId", "Campaign"))), required(text("Label", 765)), flag("IsDefault"), flag("HasResponded"), number("SortOrder", "int", 9))
	for _, o := range []*object{
		add("User", "005", join([]*field{text("Name", 121)}, texts("Username:80 Email:email:128 FirstName:40 LastName:80 Title:80"), []*field{flag("IsActive"), choice("UserType", "Standard", "Standard", "Guest")})...),
		add("Group", "00G", text("Name", 40), text("DeveloperName", 80), choice("Type", "", "Regular", "Queue"), emailField("Email", 255)),
		add("QueueSobject", "03g", reference("QueueId", "Group"), text("SobjectType", 40)),
		add("AssignmentRule", "01Q", text("Name", 120), text("SobjectType", 40), flag("Active")),
		add("LeadStatus", "01J", text("ApiName", 255), text("MasterLabel", 255), flag("IsDefault"), flag("IsConverted"), number("SortOrder", "int", 9)),
		add("Organization", "00D", text("Name", 80), flag("IsSandbox"), text("OrganizationType", 40), text("InstanceName", 5)),
	} {
		o.readOnly = true
	}
	return all
}

var industries = []string{"Agriculture", "Banking", "Construction", "Consulting", "Education", "Energy", "Engineering", "Finance", "Healthcare", "Hospitality", "Insurance", "Manufacturing", "Media", "Retail", "Technology", "Telecommunications", "Transportation", "Other"}

func join(lists ...[]*field) []*field {
	var all []*field
	for _, list := range lists {
		all = append(all, list...)
	}
	return all
}

// person are the fields of somebody.
func person() []*field {
	email := emailField("Email", 80)
	email.idLookup = true
	name := fixed(text("Name", 121))
	return append([]*field{required(text("LastName", 80)), text("FirstName", 40), choice("Salutation", "", "Mr.", "Ms.", "Mrs.", "Dr.", "Prof."), email, name},
		texts("Phone:phone:40 MobilePhone:phone:40 Fax:phone:40")...)
}

func address(kind string) []*field {
	return texts(strings.ReplaceAll("~Street:textarea:255 ~City:40 ~State:80 ~PostalCode:20 ~Country:80", "~", kind))
}

// texts makes fields of texts: name, type when it is not string, and length.
func texts(list string) []*field {
	var all []*field
	for entry := range strings.FieldsSeq(list) {
		parts := strings.Split(entry, ":")
		f := text(parts[0], 0)
		f.Length, _ = strconv.Atoi(parts[len(parts)-1])
		if len(parts) == 3 {
			f.Type = parts[1]
		}
		all = append(all, f)
	}
	return all
}

func text(name string, length int) *field {
	return &field{Field: Field{Name: name, Type: "string", Length: length}}
}

func emailField(name string, length int) *field {
	return &field{Field: Field{Name: name, Type: "email", Length: length}}
}

func day(name string) *field { return &field{Field: Field{Name: name, Type: "date"}} }

func flag(name string) *field {
	return &field{Field: Field{Name: name, Type: "boolean", Required: true}, defaulted: true, fallback: false}
}

func number(name, kind string, digits int) *field {
	f := &field{Field: Field{Name: name, Type: kind}, digits: digits}
	if kind != "int" {
		f.precision = 18
	}
	return f
}

// choice makes a picklist; with a fallback it cannot be empty.
func choice(name, fallback string, options ...string) *field {
	f := &field{Field: Field{Name: name, Type: "picklist", Length: 40, Options: options}}
	if fallback != "" {
		f.Required, f.defaulted, f.fallback = true, true, fallback
	}
	return f
}

func reference(name string, to ...string) *field {
	return &field{Field: Field{Name: name, Type: "reference", Length: 18}, references: to, relationship: strings.TrimSuffix(name, "Id")}
}

func ownerField(to ...string) *field {
	f := reference("OwnerId", to...)
	f.Required, f.defaulted = true, true
	return f
}

func required(f *field) *field { f.Required = true; return f }

func fixed(f *field) *field { f.readOnly = true; return f }

func fixedLater(f *field) *field { f.createOnly = true; return f }
