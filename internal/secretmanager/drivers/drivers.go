// Package drivers links the secret managers that secrets may come from, and the keepers that unseal those that travel sealed.
// Only the programs import it: it makes each of them tens of megabytes larger. A line more or less here is all that it takes
// to know another manager, or to leave one out.
package drivers

import (
	// Where secrets are, by the schemes of their URLs: see https://gocloud.dev/howto/runtimevar/.
	_ "gocloud.dev/runtimevar/awsparamstore"     // awsparamstore
	_ "gocloud.dev/runtimevar/awssecretsmanager" // awssecretsmanager
	_ "gocloud.dev/runtimevar/filevar"           // file
	_ "gocloud.dev/runtimevar/gcpsecretmanager"  // gcpsecretmanager
	_ "gocloud.dev/runtimevar/httpvar"           // http, https

	// What unseals them, by the schemes of RUNTIMEVAR_KEEPER_URL: see https://gocloud.dev/howto/secrets/.
	_ "gocloud.dev/secrets/awskms"        // awskms
	_ "gocloud.dev/secrets/azurekeyvault" // azurekeyvault
	_ "gocloud.dev/secrets/gcpkms"        // gcpkms
	_ "gocloud.dev/secrets/hashivault"    // hashivault
	_ "gocloud.dev/secrets/localsecrets"  // base64key
)
