package value

// countryAliases are what people write and the CLDR does not.
var countryAliases = map[string]string{
	"UK": "GB", "Great Britain": "GB", "Britain": "GB", "England": "GB", "Scotland": "GB", "Wales": "GB",
	"Northern Ireland": "GB", "United Kingdom of Great Britain and Northern Ireland": "GB",
	"US of A": "US", "United States of America": "US", "America": "US",
	"Holland": "NL", "Nederland": "NL", "Eire": "IE", "Republic of Ireland": "IE",
	"Czech Republic": "CZ", "Slovak Republic": "SK", "Macedonia": "MK", "Bosnia": "BA",
	"Turkey": "TR", "Russian Federation": "RU", "Republic of Korea": "KR", "Korea": "KR", "Viet Nam": "VN",
	"Burma": "MM", "Ivory Coast": "CI", "Cape Verde": "CV", "Swaziland": "SZ", "Timor-Leste": "TL",
	"Hong Kong": "HK", "Macau": "MO", "Macao": "MO", "UAE": "AE", "Emirates": "AE",
	"Holy See": "VA", "Vatican": "VA", "Palestine": "PS", "DR Congo": "CD", "Türkiye": "TR",
	"Brasil": "BR", "México": "MX", "España": "ES", "日本": "JP", "中国": "CN", "대한민국": "KR", "Ελλάδα": "GR", "Россия": "RU",
	"Україна": "UA", "България": "BG", "ישראל": "IL", "Magyarország": "HU", "Hrvatska": "HR", "Slovenija": "SI", "România": "RO",
}
