/** Certificates of TLS that this machine does not trust. */

/** Codes of OpenSSL for a certificate whose signer is unknown. */
const UNKNOWN_SIGNER =
  /^(UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_SELF_SIGNED_)\w*(CERT|ISSUER|SIGNATURE)\w*$/;

/** What is wrong and what to do, after the name of the server; null for codes of other failures. */
export function untrustedCertificate(code: string): string | null {
  if (!UNKNOWN_SIGNER.test(code)) return null;
  return 'shows a certificate that this machine does not trust: set NODE_EXTRA_CA_CERTS to the file of the certificate that signs it';
}
