package propose

import (
	"slices"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"
)

// concept is what an answer is about.
type concept string

const (
	email     concept = "email"
	firstName concept = "first_name"
	lastName  concept = "last_name"
	fullName  concept = "full_name"
	phone     concept = "phone"
	jobTitle  concept = "job_title"
	company   concept = "company"
	website   concept = "website"
	employees concept = "employees"
	industry  concept = "industry"
	country   concept = "country"
	state     concept = "state"
	city      concept = "city"
	postcode  concept = "postal_code"
	street    concept = "street"
	birthDate concept = "birth_date"
	language  concept = "language"
	message   concept = "message"
	interest  concept = "product_interest"
	budget    concept = "budget"
	timeline  concept = "timeline"
	source    concept = "source"
	campaign  concept = "campaign"
	utm       concept = "utm"     // the other campaign parameters
	clickID   concept = "click"   // an advertiser's id of the click
	consent   concept = "consent" // an answer that agrees to something
	technical concept = "technical"
	unknown   concept = ""
)

// names are how forms call things, in the languages in which they are made, without accents, case and signs.
var names = map[concept]string{
	email: "email mail emailaddress mailaddress workemail businessemail companyemail youremail useremail emailpro emailadresse mailadresse " +
		"epost epostadresse correo correoelectronico emailcorporativo courriel adresseemail adressemail adressecourriel postaelettronica indirizzoemail " +
		"endereçodeemail enderecodeemail email1 emailadres adresemail sahkoposti почта электроннаяпочта メールアドレス 电子邮件 電子郵件 이메일",
	firstName: "firstname first givenname given forename fname vorname prenom nombre nombredepila primernombre nome primeironome voornaam fornavn " +
		"fornamn etunimi imie jmeno keresztnev имя 名",
	lastName: "lastname last surname familyname family lname nachname familienname nom nomdefamille apellido apellidos cognome sobrenome apelido " +
		"achternaam efternavn efternamn etternavn sukunimi nazwisko prijmeni vezeteknev фамилия 姓",
	fullName: "name fullname yourname contactname personname nameofcontact vollstandigername vorundnachname nomcomplet nometprenom nombrecompleto " +
		"nombreyapellidos nomecompleto nomeecognome naam volledigenaam navn namn imieinazwisko фио 氏名 お名前 姓名 이름",
	phone: "phone phonenumber mobile mobilephone mobilenumber cell cellphone tel telephone telephonenumber workphone businessphone telefon " +
		"telefonnummer handy handynummer mobiltelefon mobil telefono numerodetelefono movil celular telefone telemovel numerotelephone " +
		"numerodetelephone portable cellulare telefoon telefoonnummer mobiel puhelin телефон 電話番号 电话 전화번호 whatsapp",
	jobTitle: "jobtitle title jobrole role position job jobposition occupation profession function fonction poste intituleduposte beruf berufsbezeichnung " +
		"stelle funktion cargo puesto ruolo posizione functie functietitel stilling titel stanowisko должность 役職 职位",
	company: "company companyname organization organisation organizationname organisationname org employer business businessname accountname firma " +
		"firmenname unternehmen unternehmensname entreprise societe nomdelentreprise nomdelasociete empresa nombredelaempresa compania azienda societa " +
		"ragionesociale bedrijf bedrijfsnaam organisatie virksomhed foretag yritys компания организация 会社名 公司 회사",
	website: "website web url site webseite internetseite siteweb sitioweb paginaweb sitoweb homepage companywebsite websiteurl webadresse companyurl",
	employees: "employees companysize numberofemployees employeecount numemployees headcount teamsize organizationsize companyheadcount mitarbeiter " +
		"mitarbeiterzahl anzahlmitarbeiter unternehmensgrosse firmengrosse effectif effectifs nombredesalaries tailledelentreprise empleados " +
		"numerodeempleados tamanodelaempresa funcionarios numerodefuncionarios dipendenti numerodipendenti medewerkers aantalmedewerkers 従業員数",
	industry:  "industry sector branche industrie secteur secteurdactivite industria settore setor",
	country:   "country countrycode countryname countryregion land staat pays pais paese kraj orszag maa страна 国 国家 국가",
	state:     "state province region stateprovince bundesland provincia estado provincie kanton canton",
	city:      "city town stadt ort ville ciudad citta cidade plaats miasto stad by город 都市 城市",
	postcode:  "postalcode postcode zip zipcode plz postleitzahl codepostal codigopostal cap cep",
	street:    "street address streetaddress addressline1 address1 strasse adresse anschrift rue direccion indirizzo endereco straat adres",
	birthDate: "birthdate birthday dateofbirth dob geburtsdatum datedenaissance fechadenacimiento datadinascita datadenascimento geboortedatum",
	language:  "language locale lang sprache langue idioma lingua taal preferredlanguage",
	message: "message comments comment notes note question questions yourmessage howcanwehelp howcanwehelpyou additionalinformation description " +
		"details feedback request inquiry enquiry nachricht kommentar anmerkungen bemerkung anfrage ihrenachricht commentaire commentaires " +
		"votremessage mensaje comentario comentarios consulta messaggio commenti mensagem bericht opmerking opmerkingen vraag melding meddelande " +
		"wiadomosc сообщение お問い合わせ内容 留言 메시지",
	interest: "productinterest interest interests product products interestedin topic topics areaofinterest productofinterest solution service services " +
		"interesse interessen produkt thema interet interets produit produits sujet interes intereses producto productos tema interessi prodotto",
	budget:   "budget projectbudget presupuesto orcamento",
	timeline: "timeline timeframe purchasetimeline whendoyouplantostart startdate projektstart zeitrahmen calendrier delai plazo",
	source: "leadsource source howdidyouhear howdidyouhearaboutus howdidyouhearofus referralsource hearaboutus origin herkunft quelle " +
		"wiehabensievonunserfahren origine origen comonosconociste provenienza",
	campaign: "utmcampaign campaign campaignname kampagne campagne campana campagna",
	utm:      "utmsource utmmedium utmterm utmcontent utmid",
	clickID:  "gclid gbraid wbraid fbclid fbc fbp msclkid lifatid ttclid twclid dclid gacid gaclientid clientid hutk hubspotutk",
	technical: "captcha captchatoken recaptcha grecaptcharesponse hcaptcharesponse cfturnstileresponse turnstile honeypot hp csrf csrftoken " +
		"authenticitytoken formid formname submit submitbutton redirect nonce wpnonce sessionid useragent timestamp action",
}

// agreement are words that an answer's name has which agrees to something.
var agreement = []string{
	"optin", "consent", "gdpr", "dsgvo", "rgpd", "newsletter", "subscribe", "subscription", "privacy", "agree", "agreement", "accept", "accepts",
	"acceptance", "permission", "marketing", "terms", "einwilligung", "zustimmung", "datenschutz", "einverstanden", "consentement", "accord",
	"confidentialite", "consentimiento", "acepto", "privacidad", "consenso", "acconsento", "toestemming", "akkoord", "samtykke", "samtycke", "zgoda",
	"consentimento", "aceito", "согласие",
}

// byName finds concepts by a whole name.
var byName = sync.OnceValue(func() map[string]concept {
	found := map[string]concept{}
	for c, all := range names {
		for _, name := range strings.Fields(all) {
			found[fold(name)] = c
		}
	}
	return found
})

// conceptOf finds what an answer is about by its name: the whole of it, else its end (company.name, name.first), else its
// last part (attendee.email).
func conceptOf(name string) concept {
	words := split(name)
	if len(words) == 0 {
		return unknown
	}
	last := words[len(words)-1]
	candidates := []string{strings.Join(words, "")}
	if len(words) > 1 {
		before := words[len(words)-2]
		candidates = append(candidates, before+last, last+before)
	}
	for _, candidate := range candidates {
		if c, ok := byName()[candidate]; ok {
			return c
		}
	}
	if slices.ContainsFunc(words, func(word string) bool { return slices.Contains(agreement, word) }) || agrees(candidates[0]) {
		return consent
	}
	return byName()[last]
}

// agrees finds the words of agreement in a name that is written as one.
func agrees(name string) bool {
	return strings.Contains(name, "optin") || strings.Contains(name, "consent") || strings.HasPrefix(name, "iagree")
}

// split takes a name apart at signs and capitals, folded.
func split(name string) []string {
	var words []string
	start, before := 0, rune(0)
	end := func(i int) {
		if word := fold(name[start:i]); word != "" {
			words = append(words, word)
		}
	}
	for i, r := range name {
		letter := unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.Mn, r)
		switch {
		case !letter:
			end(i)
			start = i + len(string(r))
		case unicode.IsUpper(r) && unicode.IsLower(before):
			end(i)
			start = i
		}
		before = r
	}
	if start < len(name) {
		end(len(name))
	}
	return words
}

// fold leaves the letters and digits of a word, in lower case and without accents.
func fold(word string) string {
	plain, _, err := transform.String(transform.Chain(norm.NFD, runes.Remove(runes.In(unicode.Mn)), norm.NFC), strings.ReplaceAll(strings.ToLower(word), "ß", "ss"))
	if err != nil {
		plain = word
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r == 'ø':
			return 'o'
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			return r
		}
		return -1
	}, plain)
}
