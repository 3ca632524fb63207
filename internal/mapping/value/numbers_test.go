package value_test

import "testing"

func TestIntegers(t *testing.T) {
	t.Parallel()
	wrong := fault("type.integer")
	checkTypes(t, "integer", nil, nil, []pair{
		{number("42"), number("42")}, {number("12.0"), number("12")}, {number("1e3"), number("1000")}, {number("1.234"), wrong}, {number("1e400"), wrong}, {number("-0"), number("0")},
		{number("1e18"), number("1000000000000000000")}, {number("1e999999999"), wrong}, {number("0e999999999"), wrong},
		{" 1,234 ", number("1234")}, {"1.234.567", number("1234567")}, {"1\u202f234", number("1234")}, {"1'234", number("1234")}, {"1’234", number("1234")}, {"12,34,567", number("1234567")},
		{"-5", number("-5")}, {"−5", number("-5")}, {"5-", number("-5")}, {"(5)", number("-5")}, {"+5", number("5")}, {"007", number("7")}, {"0", number("0")}, {"-0", number("0")},
		{"٣٤", number("34")}, {"１２", number("12")}, {"९", number("9")}, {"12.0", number("12")}, {"1_000", number("1000")},
		{"9223372036854775807", number("9223372036854775807")}, {"9223372036854775808", wrong}, {"-9223372036854775808", number("-9223372036854775808")},
		{"1,23", wrong}, {"1,234.5", wrong}, {"12.5", wrong}, {"--5", wrong}, {"0x10", wrong}, {"many", wrong}, {"1-50", wrong}, {"true", wrong}, {"NaN", wrong}, {"e", wrong},
		{"1,2345", wrong}, {"1.234,567", wrong}, {",", wrong}, {".", wrong}, {"-", wrong}, {"()", wrong}, {"½", wrong}, {"1 234 56", wrong}, {huge, wrong}, {"1e3", wrong},
	})
}

func TestDecimals(t *testing.T) {
	t.Parallel()
	wrong := fault("type.decimal")
	checkTypes(t, "decimal", nil, nil, []pair{
		{"1.5", number("1.5")}, {"1,5", number("1.5")}, {"1.234,56", number("1234.56")}, {"1,234.56", number("1234.56")}, {"1 234,56", number("1234.56")}, {"1'234.56", number("1234.56")},
		{"12,34,567.8", number("1234567.8")}, {"1.234.567", number("1234567")}, {"1234.567", number("1234.567")}, {"0.123", number("0.123")}, {"0,123", number("0.123")}, {".5", number("0.5")},
		{"-.50", number("-0.5")}, {"1 234.567", number("1234.567")}, {"2.500000", number("2.5")}, {"-0.00", number("0")}, {"٣٫٥", number("3.5")}, {"0.1234567890123456789012345678", number("0.1234567890123456789012345678")},
		{"1.234", wrong}, {"1,234", wrong}, {"1.2.3", wrong}, {"1,2,3", wrong}, {"1.", wrong}, {"1..2", wrong}, {"1e5", wrong}, {"Inf", wrong}, {"12%", wrong}, {"1,234,5.6", wrong}, {huge, wrong},
		{number("1.50"), number("1.5")}, {number("1E-7"), number("0.0000001")}, {number("-2e2"), number("-200")}, {number("1e-999"), wrong}, {number("0.10000000000000000000000000000000000000001"), wrong},
	})
	checkTypes(t, "decimal", opts{"separators": "1.234,56"}, nil, []pair{{"1.234", number("1234")}, {"1,234", number("1.234")}, {"1.5", wrong}, {"1 234,5", number("1234.5")}})
	checkTypes(t, "decimal", opts{"separators": "1,234.56"}, nil, []pair{{"1.234", number("1.234")}, {"1,234", number("1234")}, {"1,5", wrong}})
	checkTypes(t, "decimal", opts{"separators": "1 234,56"}, nil, []pair{{"1 234", number("1234")}, {"1,234", number("1.234")}})
	checkTypes(t, "decimal", opts{"separators": "1'234.56"}, nil, []pair{{"1'234.5", number("1234.5")}, {"1.234", number("1.234")}})
}

func TestMoney(t *testing.T) {
	t.Parallel()
	wrong, foreign := fault("type.money"), fault("money.currency")
	checkTypes(t, "money", nil, nil, []pair{
		{"€1.234,56", number("1234.56")}, {"1.234,56 €", number("1234.56")}, {"EUR 5", number("5.00")}, {"5 eur", number("5.00")}, {"-€5", number("-5.00")}, {"€ -5", number("-5.00")},
		{"(€5.50)", number("-5.50")}, {"5,- €", number("5.00")}, {"5,-", number("5.00")}, {"CHF 1'234.50", number("1234.50")}, {"12 zł", number("12.00")}, {"US$ 5", number("5.00")},
		{"$100 USD", number("100.00")}, {"€ 5 EUR", number("5.00")}, {"€50k", number("50000.00")}, {"1,5 mio. EUR", number("1500000.00")}, {"1.5k EUR", number("1500.00")}, {"₩1,200", number("1200")},
		{"1.2 BHD", number("1.200")}, {"1.234 BHD", wrong}, {"1.2345 BHD", wrong}, {"1200 JPY", number("1200")}, {"12.5 JPY", wrong}, {"€0.5", number("0.50")}, {"€ .50", number("0.50")}, {"1.000 EUR", number("1000.00")},
		{"12.345,678 EUR", wrong}, {"10-20 EUR", wrong}, {"about 5 EUR", foreign}, {"5 EUR USD", foreign}, {"€5 USD", foreign}, {"$5", foreign}, {"5 kr", foreign}, {"5 XYZ", foreign}, {"5 M", foreign},
		{"EUR", wrong}, {"€", wrong}, {"", nil}, {huge, wrong}, {"1.234", number("1234.00")}, {"100", number("100.00")}, {"1e5", wrong},
		{number("1234.5"), number("1234.50")}, {number("1.234"), wrong}, {number("-3"), number("-3.00")}, {number("1e400"), wrong},
		{"9999999999999999999999999999999999999999 EUR", wrong},
	})
	checkTypes(t, "money", opts{"currency": "USD"}, nil, []pair{{"$5", number("5.00")}, {"5 USD", number("5.00")}, {"5 EUR", foreign}, {"5 kr", foreign}, {"C$5", foreign}})
	checkTypes(t, "money", opts{"currency": "USD", "currency_to": "deal.currency"}, nil, []pair{{"5 EUR", number("5.00")}, {"5 kr", foreign}})
	checkTypes(t, "money", opts{"currency_from": "cur"}, map[string]string{"cur": "sek"}, []pair{{"5 kr", number("5.00")}, {"5", number("5.00")}, {"5 EUR", foreign}})
	checkTypes(t, "money", opts{"currency": "JPY"}, nil, []pair{{"¥1,200", number("1200")}, {"1.200", number("1200")}, {"1,2", wrong}, {number("12"), number("12")}})
}
