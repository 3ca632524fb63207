package value

import (
	"strings"
	"sync"

	iso3166 "github.com/biter777/countries"
)

// Words that say what a part of a country is, folded.
var (
	stateKindsBefore = []string{
		"state of ", "province of ", "county of ", "canton of ", "kanton ", "canton de ", "canton du ", "provincie ", "provincia di ", "provincia de ",
		"province de ", "estado de ", "estado do ", "estado da ", "land ", "bundesland ", "freistaat ", "region ", "region de ", "comunidad de ", "principado de ",
		"republic of ", "respublika ", "county ", "co ",
	}
	stateKindsAfter = []string{
		" state", " province", " county", " prefecture", " canton", " region", " lan", "s lan", " sheng", " shi", " kraj", " megye", " zupanija",
		" gwangyeogsi", " teugbyeolsi", " oblast", " oblysy", " gewest", " ken", " fu", "shire council",
	}
)

// notStates are places that are smaller than a part of a country, and have the names of larger ones.
func notState(iso string, kind iso3166.SubdivisionTypeCode) bool {
	return withdrawnStates()[iso] || kind == "City with County Rights" || kind == "Geographical Unit" || kind == "District" && iso[:2] == "CZ"
}

// withdrawnStates are codes of the table that ISO has withdrawn. Those with a successor are among its other names.
var withdrawnStates = sync.OnceValue(func() map[string]bool {
	return wordSet(`GB-GBN GB-UKM GB-EAW FR-COR
		PL-DS PL-KP PL-LU PL-LB PL-LD PL-MA PL-MZ PL-OP PL-PK PL-PD PL-PM PL-SL PL-SK PL-WN PL-WP PL-ZP
		NO-01 NO-02 NO-04 NO-05 NO-06 NO-07 NO-08 NO-09 NO-10 NO-12 NO-14 NO-19 NO-20
		IN-CT IN-OR IN-TG IN-UT IN-DD IN-DN`)
})

// stateAmendments are the codes that ISO has given since the table was made, and entries that people write in another
// way: the code, the name that is written, and other names.
func stateAmendments() [][]string {
	return rows(`
		PL-02|Dolnośląskie|Lower Silesia|DS
		PL-04|Kujawsko-Pomorskie|KP
		PL-06|Lubelskie|LU
		PL-08|Lubuskie|LB
		PL-10|Łódzkie|LD
		PL-12|Małopolskie|Lesser Poland|MA
		PL-14|Mazowieckie|Masovia|Mazovia|MZ
		PL-16|Opolskie|OP
		PL-18|Podkarpackie|Subcarpathia|PK
		PL-20|Podlaskie|PD
		PL-22|Pomorskie|Pomerania|PM
		PL-24|Śląskie|Silesia|SL
		PL-26|Świętokrzyskie|SK
		PL-28|Warmińsko-Mazurskie|WN
		PL-30|Wielkopolskie|Greater Poland|WP
		PL-32|Zachodniopomorskie|West Pomerania|ZP
		NO-31|Østfold
		NO-32|Akershus
		NO-33|Buskerud
		NO-34|Innlandet|Hedmark|Oppland
		NO-39|Vestfold
		NO-40|Telemark
		NO-42|Agder|Aust-Agder|Vest-Agder
		NO-46|Vestland|Hordaland|Sogn og Fjordane
		NO-55|Troms
		NO-56|Finnmark
		IN-CG|Chhattisgarh|CT
		IN-OD|Odisha|Orissa|OR
		IN-TS|Telangana|TG
		IN-UK|Uttarakhand|Uttaranchal|UT
		IN-LA|Ladakh
		IN-DH|Dadra and Nagar Haveli and Daman and Diu|Dadra and Nagar Haveli|Daman and Diu|DD|DN
		FR-20R|Corse|Corsica|COR
		KR-50|Sejong
		KR-11|Seoul|서울|서울특별시
		KR-26|Busan|부산
		KR-27|Daegu|대구
		KR-28|Incheon|인천
		KR-29|Gwangju|광주
		KR-30|Daejeon|대전
		KR-31|Ulsan|울산
		KR-41|Gyeonggi|경기도
		KR-42|Gangwon|강원도
		KR-49|Jeju|제주
		CN-AH|Anhui|安徽
		CN-BJ|Beijing|Peking|北京
		CN-CQ|Chongqing|重庆
		CN-FJ|Fujian|福建
		CN-GD|Guangdong|Canton|广东
		CN-GS|Gansu|甘肃
		CN-GX|Guangxi|广西
		CN-GZ|Guizhou|贵州
		CN-HA|Henan|河南
		CN-HB|Hubei|湖北
		CN-HE|Hebei|河北
		CN-HI|Hainan|海南
		CN-HK|Hong Kong|香港
		CN-HL|Heilongjiang|黑龙江
		CN-HN|Hunan|湖南
		CN-JL|Jilin|吉林
		CN-JS|Jiangsu|江苏
		CN-JX|Jiangxi|江西
		CN-LN|Liaoning|辽宁
		CN-MO|Macao|Macau|澳门
		CN-NM|Inner Mongolia|内蒙古
		CN-NX|Ningxia|宁夏
		CN-QH|Qinghai|青海
		CN-SC|Sichuan|四川
		CN-SD|Shandong|山东
		CN-SH|Shanghai|上海
		CN-SN|Shaanxi|陕西
		CN-SX|Shanxi|山西
		CN-TJ|Tianjin|天津
		CN-XJ|Xinjiang|新疆
		CN-XZ|Tibet|Xizang|西藏
		CN-YN|Yunnan|云南
		CN-ZJ|Zhejiang|浙江
		AE-AZ|Abu Dhabi
		AE-DU|Dubai
		AE-SH|Sharjah
		CZ-10|Praha|Prague
		BE-BRU|Brussels|Bruxelles|Brussel|Brussels Capital Region
		BE-VLG|Vlaanderen|Flanders|Flemish Region|Flandre
		BE-WAL|Wallonie|Wallonia|Wallonië|Walloon Region
		GB-LND|London|City of London|Greater London
		GB-BST|Bristol
		GB-EDH|Edinburgh
		ES-MD|Madrid
		ES-VC|Comunitat Valenciana|Comunidad Valenciana|Valencian Community
		ES-NC|Navarra|Navarre
		ES-MC|Murcia
		ES-AS|Asturias
		GR-I|Attiki|Attica|Αττική|Athens
		PT-20|Açores|Azores
		PT-30|Madeira
		SE-AB|Stockholm
		SE-C|Uppsala
		SE-M|Skåne|Scania
		SE-O|Västra Götaland
	`)
}

// rows are lines of cells apart by |.
func rows(text string) [][]string {
	var rows [][]string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			rows = append(rows, strings.Split(line, "|"))
		}
	}
	return rows
}
