package value

// countryAliases are what people write and the CLDR does not.
var countryAliases = map[string]string{
	"UK": "GB", "Great Britain": "GB", "Britain": "GB", "England": "GB", "Scotland": "GB", "Wales": "GB",
	"Northern Ireland": "GB", "United Kingdom of Great Britain and Northern Ireland": "GB",
	"US of A": "US", "United States of America": "US", "America": "US",
	"Canary Islands": "ES", "Holland": "NL", "Nederland": "NL", "Eire": "IE", "Republic of Ireland": "IE",
	"Czech Republic": "CZ", "Slovak Republic": "SK", "Macedonia": "MK", "Bosnia": "BA",
	"Turkey": "TR", "Russian Federation": "RU", "Republic of Korea": "KR", "Korea": "KR", "Viet Nam": "VN",
	"Burma": "MM", "Ivory Coast": "CI", "Cape Verde": "CV", "Swaziland": "SZ", "Timor-Leste": "TL",
	"Hong Kong": "HK", "Macau": "MO", "Macao": "MO", "UAE": "AE", "Emirates": "AE",
	"Holy See": "VA", "Vatican": "VA", "Palestine": "PS", "DR Congo": "CD", "Türkiye": "TR",
	"Brasil": "BR", "México": "MX", "España": "ES", "日本": "JP", "中国": "CN", "대한민국": "KR", "Ελλάδα": "GR", "Россия": "RU",
	"Україна": "UA", "България": "BG", "ישראל": "IL", "Magyarország": "HU", "Hrvatska": "HR", "Slovenija": "SI", "România": "RO",
	// The names of ISO 3166-1, as lists in forms have them.
	"Bolivia, Plurinational State of": "BO", "Brunei Darussalam": "BN", "Congo, Democratic Republic of the": "CD", "Congo, the Democratic Republic of the": "CD",
	"Democratic Republic of the Congo": "CD", "Democratic Republic of Congo": "CD", "DRC": "CD", "Republic of the Congo": "CG", "Cabo Verde": "CV",
	"Falkland Islands (Malvinas)": "FK", "Holy See (Vatican City State)": "VA", "Iran, Islamic Republic of": "IR", "Islamic Republic of Iran": "IR",
	"Korea, Republic of": "KR", "Korea, Democratic People's Republic of": "KP", "Democratic People's Republic of Korea": "KP",
	"Lao People's Democratic Republic": "LA", "Lao PDR": "LA", "Macedonia, the former Yugoslav Republic of": "MK", "Republic of North Macedonia": "MK",
	"Micronesia, Federated States of": "FM", "Federated States of Micronesia": "FM", "Moldova, Republic of": "MD", "Republic of Moldova": "MD",
	"Palestine, State of": "PS", "State of Palestine": "PS", "Saint Martin (French part)": "MF", "Sint Maarten (Dutch part)": "SX",
	"Bonaire, Sint Eustatius and Saba": "BQ", "Saint Helena, Ascension and Tristan da Cunha": "SH", "South Georgia and the South Sandwich Islands": "GS",
	"Syrian Arab Republic": "SY", "Taiwan, Province of China": "TW", "Tanzania, United Republic of": "TZ", "United Republic of Tanzania": "TZ",
	"Venezuela, Bolivarian Republic of": "VE", "Bolivarian Republic of Venezuela": "VE", "Virgin Islands, U.S.": "VI", "Virgin Islands, British": "VG",
	"People's Republic of China": "CN", "PRC": "CN", "Hong Kong SAR": "HK", "Macao SAR": "MO", "Kingdom of Saudi Arabia": "SA", "KSA": "SA",
	"Federal Republic of Germany": "DE", "Bundesrepublik Deutschland": "DE", "BRD": "DE", "Republic of South Africa": "ZA", "RSA": "ZA",
	"Kingdom of the Netherlands": "NL", "Republic of Türkiye": "TR", "Schweiz/Suisse/Svizzera": "CH",
}
