package value

// Words of names that are neither first nor last names, in small letters and without the dot at their end. nameTitlesDotted
// are titles only with a dot, since they are names or initials without.
var (
	nameTitles = wordSet(`mr mrs ms miss mx dr prof professor herr frau hr fru dhr mevr mw mme mlle monsieur madame ir ing drs sir dame
		sig.ra dott.ssa dipl.-ing dipl.-kfm señor señora mudr judr phdr`)
	nameTitlesDotted = wordSet("mag sra srta lic dott avv sig rev hon capt lt col gen maj sgt arch eng bc mgr univ.-prof priv.-doz")
	nameSuffixes     = wordSet("jr sr ii iii iv phd ph.d md m.d mba msc bsc esq")
	// nameSuffixesAfterComma are names as well: Yo-Yo Ma.
	nameSuffixesAfterComma = wordSet("ma ba cpa jd llm llb dds dvm pmp cfa meng beng rn pe ll.m m.a b.a m.sc b.sc")
	nameParticles          = wordSet(`van von vom zu zum zur der den de del della dello degli dei di da do dos das du la le les lo
		el al bin bint ibn ben abu ter ten te 't op af av`)
)
