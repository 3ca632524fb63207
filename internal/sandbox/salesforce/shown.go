package salesforce

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
)

// shown is a value as the org writes it in an answer. Numbers are doubles, unless the field is an int: 42.0, 1.2345678E7.
// See https://help.salesforce.com/s/articleView?id=000385889&type=1.
func (f *field) shown(value any) any {
	n, isNumber := value.(float64)
	if !isNumber || f.Type == "int" {
		return value
	}
	if size := math.Abs(n); size == 0 || size >= 1e-3 && size < 1e7 {
		return json.Number(pointed(strconv.FormatFloat(n, 'f', -1, 64)))
	}
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(n, 'E', -1, 64), "E")
	power, _ := strconv.Atoi(exponent) // as it was written
	return json.Number(pointed(mantissa) + "E" + strconv.Itoa(power))
}

func pointed(digits string) string {
	if strings.Contains(digits, ".") {
		return digits
	}
	return digits + ".0"
}
