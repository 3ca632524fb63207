package value

import (
	"slices"
	"strings"
	"sync"
)

// Groups are the countries of unions and sales regions, by the group's name, as ISO 3166-1 codes in alphabetical order.
// The unions are as they were on 1 January 2026.
func Groups() map[string][]string {
	copied := map[string][]string{}
	for name, codes := range countryGroups() {
		copied[name] = slices.Clone(codes)
	}
	return copied
}

var countryGroups = sync.OnceValue(func() map[string][]string {
	groups := map[string][]string{}
	for name := range groupMembers {
		members := membersOf(name)
		slices.Sort(members)
		groups[name] = slices.Compact(members)
	}
	return groups
})

func membersOf(name string) (members []string) {
	for word := range strings.FieldsSeq(groupMembers[name]) {
		if group, ok := strings.CutPrefix(word, "+"); ok {
			members = append(members, membersOf(group)...)
		} else {
			members = append(members, word)
		}
	}
	return members
}

// groupMembers are the members of groups; +EU stands for the members of EU.
var groupMembers = map[string]string{
	"EU":      "AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE",
	"EEA":     "+EU IS LI NO",
	"EFTA":    "IS LI NO CH",
	"DACH":    "DE AT CH",
	"BENELUX": "BE NL LU",
	"NORDICS": "DK FI IS NO SE FO GL AX",
	"BALTICS": "EE LV LT",
	"UKI":     "GB IE",
	// The places where the data protection law of the European Union holds or one like it: the EEA, Switzerland, and the
	// United Kingdom with the islands around it.
	"GDPR":  "+EU IS LI NO CH GB GG JE IM",
	"NA":    "US CA",
	"NAFTA": "US CA MX",
	"LATAM": `AR BO BR CL CO CR CU DO EC SV GT HN MX NI PA PY PE PR UY VE
		BZ GY SR GF`,
	"CARIBBEAN": "AG AI AW BB BL BM BQ BS CU CW DM DO GD GP HT JM KN KY LC MF MQ MS PR SX TC TT VC VG VI",
	"GCC":       "AE BH KW OM QA SA",
	"MENA":      "AE BH DZ EG IL IQ IR JO KW LB LY MA OM PS QA SA SY TN YE",
	"ANZ":       "AU NZ",
	"ASEAN":     "BN ID KH LA MM MY PH SG TH TL VN",
	"APAC": `AU NZ BN ID KH LA MM MY PH SG TH TL VN CN HK MO TW JP KR MN IN PK BD LK NP BT MV
		FJ PG SB VU NC PF WS TO KI FM MH NR PW TV`,
	"CIS":    "AM AZ BY KZ KG MD RU TJ UZ",
	"AFRICA": "DZ AO BJ BW BF BI CV CM CF TD KM CG CD CI DJ EG GQ ER SZ ET GA GM GH GN GW KE LS LR LY MG MW ML MR MU MA MZ NA NE NG RW ST SN SC SL SO ZA SS SD TZ TG TN UG ZM ZW EH RE YT",
	"EMEA":   "+EUROPE +AFRICA +MENA",
	"EUROPE": "+EU IS LI NO CH GB GG JE IM GI FO AX AD MC SM VA AL BA ME MK RS XK MD UA BY TR",
}
