package value

// stateAliases are what people write and the table does not: names in English and abbreviations.
func stateAliases() [][]string {
	return rows(`
		US-DC|Washington DC|D.C.|Washington, D.C.
		US-AL|Ala.
		US-AZ|Ariz.
		US-AR|Ark.
		US-CA|Calif.|Cali
		US-CO|Colo.
		US-CT|Conn.
		US-FL|Fla.
		US-IL|Ill.
		US-IN|Ind.
		US-KS|Kans.
		US-MA|Mass.
		US-MI|Mich.
		US-MN|Minn.
		US-MS|Miss.
		US-NE|Nebr.
		US-NY|N.Y.
		US-OK|Okla.
		US-OR|Ore.
		US-PA|Penn.|Penna.
		US-TN|Tenn.
		US-TX|Tex.
		US-WA|Wash.|Washington State
		US-WI|Wis.|Wisc.
		US-WY|Wyo.
		CA-BC|B.C.|Colombie-Britannique
		CA-QC|Québec|Que.|P.Q.
		CA-ON|Ont.
		CA-AB|Alta.
		CA-SK|Sask.
		CA-MB|Man.
		CA-NL|Newfoundland|Labrador
		CA-PE|P.E.I.|PEI
		CA-NB|Nouveau-Brunswick
		CA-NS|Nouvelle-Écosse
		CA-YT|Yukon
		CA-NT|N.W.T.
		DE-BY|Bavaria|Bay.
		DE-NW|North Rhine-Westphalia|NRW|Northrhine-Westphalia
		DE-NI|Lower Saxony|Nds
		DE-SN|Saxony
		DE-ST|Saxony-Anhalt
		DE-HE|Hesse
		DE-TH|Thuringia
		DE-RP|Rhineland-Palatinate|RLP
		DE-BW|Baden-Wuerttemberg|BaWü
		DE-MV|Mecklenburg-Western Pomerania|MeckPomm|Mecklenburg-West Pomerania
		DE-TH|Thueringen
		AT-9|Vienna
		AT-7|Tyrol
		AT-6|Styria
		AT-2|Carinthia|Kaernten
		AT-3|Lower Austria|NÖ|Niederoesterreich
		AT-4|Upper Austria|OÖ|Oberoesterreich
		CH-ZH|Zurich|Zuerich
		CH-GE|Geneva|Genf
		CH-LU|Lucerne
		CH-BE|Berne
		CH-VD|Waadt
		CH-VS|Wallis
		CH-TI|Tessin
		CH-GR|Grisons|Graubuenden
		CH-NE|Neuenburg
		CH-FR|Freiburg
		CH-SG|St. Gallen|Saint Gall
		CH-BS|Basel|Basle
		NL-NH|North Holland
		NL-ZH|South Holland
		NL-NB|North Brabant|Brabant
		NL-FR|Fryslân
		NL-ZE|Zealand
		BE-VAN|Antwerp
		BE-VOV|East Flanders
		BE-VWV|West Flanders
		BE-VBR|Flemish Brabant
		BE-WBR|Walloon Brabant
		BE-WHT|Henegouwen
		BE-WLG|Luik
		BE-WNA|Namen
		FR-BRE|Brittany
		FR-NOR|Normandy
		FR-PAC|PACA|Provence
		FR-IDF|IDF|Ile de France
		ES-CT|Catalonia|Cataluña
		ES-AN|Andalusia
		ES-PV|Basque Country|Euskadi
		ES-IB|Balearic Islands|Islas Baleares
		ES-CN|Canary Islands|Islas Canarias
		ES-CL|Castile and León
		IT-25|Lombardy
		IT-52|Tuscany
		IT-21|Piedmont
		IT-82|Sicily
		IT-88|Sardinia
		IT-75|Apulia
		IT-62|Latium
		IT-23|Aosta Valley
		IT-32|South Tyrol|Südtirol|Trentino-South Tyrol
		IT-RM|Rome
		IT-MI|Milan
		IT-TO|Turin
		IT-NA|Naples
		IT-FI|Florence
		IT-VE|Venice
		IT-GE|Genoa
		PT-11|Lisbon
		DK-84|Capital Region|Region Hovedstaden
		DK-85|Zealand
		FI-18|Nyland
		IE-D|Co. Dublin
		AU-NSW|N.S.W.
		AU-VIC|Vic.
		AU-QLD|Qld.
		AU-TAS|Tas.
		AU-ACT|A.C.T.|Canberra
		MX-CMX|CDMX|Mexico City|DF|D.F.|Distrito Federal
		MX-MEX|Estado de México|EdoMex
		MX-VER|Veracruz
		MX-COA|Coahuila
		MX-MIC|Michoacán
		MX-NLE|NL
		MX-JAL|Jal.
		BR-SP|Sao Paulo
		BR-DF|Brasília
		JP-13|東京|東京都|Tōkyō
		JP-27|大阪|大阪府|Ōsaka
		JP-26|京都|京都府
		JP-01|北海道|Hokkaidō
		ZA-NL|KZN
		IN-DL|New Delhi
		IN-MH|Bombay
		GB-ENG|England
		GB-WLS|Cymru
		HU-BU|Bp
	`)
}
