/**
 * Hosts that send nobody: a person who comes from a sign-in page or from a payment page was here before, and
 * only went there to prove who they are or to pay. Looked at and renewed with source-lists.ts.
 */

const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/))

/** First labels of hosts, of any company: `login.acme.example`, `checkout.acme.example`. */
const returnLabels = words(`
  login logins logon signin sign-in signon sso auth auth2 authentication authenticate oauth oauth2 oidc openid
  idp idpvc saml adfs sts fs cas kauth accounts account idmsa passport mfa 2fa verify verification
  pay payment payments checkout pay-now securepayment secure-payment securepay epay paypage 3ds 3ds2 3dsecure acs
  acs1 acs2 acs3 acs4 verifiedbyvisa securecode cognito-idp identity iam shibboleth shib keycloak websso weblogin
  authn sso2 login2 clerk apay-us apay-eu apay-jp
`)

/** First labels under which a search engine, a network or a shop offers something else than itself. */
const serviceLabels = words(`
  ads ad adsmanager ads-api adwords advertise advertising analytics tagmanager developer developers dev docs doc
  drive meet calendar translate support help status console cloud admin api careers jobs about investor investors
  ir press newsroom research partners partner affiliate-program seller sellers sellercentral vendorcentral merchant
  merchants merchantcenter aws music photos contacts keep classroom finance weather sports passport my myaccount
  learn learning academy platform policies legal privacy trust billing wallet portal app-store workspace one
  engineering transparency sign signup register business studio ads-manager kdp flex associates education creator
  creators affiliates
`)

/** Whole domains, their sub-domains included. */
const returnHosts = words(`
  accounts.google.com accounts.youtube.com myaccount.google.com pay.google.com payments.google.com
  login.microsoftonline.com login.microsoftonline.us login.microsoft.com login.live.com login.windows.net
  account.live.com account.microsoft.com b2clogin.com ciamlogin.com mysignins.microsoft.com msauth.net
  appleid.apple.com idmsa.apple.com account.apple.com signin.apple.com
  login.yahoo.com login.yahoo.co.jp api.login.yahoo.com login.aol.com
  okta.com oktapreview.com okta-emea.com auth0.com onelogin.com pingone.com pingone.eu pingidentity.com
  duosecurity.com duo.com amazoncognito.com jumpcloud.com secureauth.com centrify.com cyberark.cloud
  clerk.accounts.dev accounts.dev workos.com authkit.app kinde.com stytch.com fusionauth.io frontegg.com
  descope.com propelauthtest.com zitadel.cloud logto.app supertokens.com gigya.com
  lrs.loginradius.com hub.loginradius.com auth.gov.uk login.gov id.me signicat.com bankid.com bankid.no bankid.se
  cloudflareaccess.com awsapps.com forgerock.io identitycloud.com access.workspaceone.com my.idaptive.app
  nemlog-in.dk mitid.dk itsme.be franceconnect.gouv.fr spid.gov.it suomi.fi cleverid.com clever.com
  id.twitch.tv id.atlassian.com auth.atlassian.com id.heroku.com id.vk.com id.vk.ru oauth.vk.com id.sber.ru
  passport.yandex.ru passport.yandex.com oauth.yandex.ru oauth.yandex.com oauth.telegram.org nid.naver.com
  kauth.kakao.com accounts.kakao.com access.line.me accounts.zoho.com accounts.zoho.eu login.salesforce.com
  test.salesforce.com signin.aws.amazon.com signin.ebay.com secure.indeed.com open.weixin.qq.com graph.qq.com
  tagassistant.google.com api.twitter.com account.xiaomi.com ssl.kakao.com appleid.cdn-apple.com

  paypal.com paypalobjects.com paypal.me paywithpaypal.com comgate.cz gopay.cz gopay.com braintreegateway.com braintree-api.com venmo.com
  stripe.com stripe.network link.com adyen.com adyenpayments.com klarna.com klarna.net klarnaservices.com
  klarnapayments.com sofort.com mollie.com mollie.nl checkout.com worldpay.com wp3.rbsworldpay.com
  squareup.com square.link cash.app afterpay.com clearpay.co.uk affirm.com sezzle.com zip.co
  quadpay.com scalapay.com alma.eu getalma.eu oney.io oney.fr cofidis.fr riverty.com afterpay.nl in3.nl
  pay.amazon.com pay.amazon.co.uk pay.amazon.de pay.amazon.co.jp payments.amazon.com payments.amazon.de
  pay.shopify.com checkout.shopify.com shopifypay.com shop.app pay.sumup.com
  tabby.ai tamara.co atome.sg laybuy.com viabill.com sequra.com sequra.es aplazame.com heylight.com floapay.com
  vivapayments.com windcave.com paymentexpress.com ewaypayments.com oppwa.com moneris.com epdq.co.uk barion.com
  simplepay.hu mobilpay.ro netopia-payments.com euplatesc.ro gpwebpay.com convergepay.com securetrading.net
  trustpayments.com nmi.com payjunction.com bluepay.com cashbill.pl paypo.pl resursbank.se payex.com
  razorpay.com payu.com payu.in payu.pl payu.ro payu.cz payu.hu paytm.com paytm.in phonepe.com ccavenue.com
  billdesk.com cashfree.com instamojo.com juspay.in
  alipay.com alipayplus.com wx.tenpay.com tenpay.com unionpay.com 95516.com
  przelewy24.pl tpay.com dotpay.pl blik.com paynow.pl imoje.pl
  ideal.nl buckaroo.nl multisafepay.com pay.nl paynl.com sisow.nl cm.com
  saferpay.com datatrans.com datatrans.ch postfinance.ch twint.ch payrexx.com wallee.com
  sagepay.com opayo.co.uk opayo.eu elavon.com globalpay.com realexpayments.com gocardless.com truelayer.com
  paysafe.com paysafecard.com skrill.com neteller.com trustly.com trustly.one
  payone.com payone.de computop-paygate.com computop.com unzer.com heidelpay.com concardis.com giropay.de
  payplug.com paydirekt.de secupay.ag girogate.de novalnet.de micropayment.de easycredit-ratenkauf.eu
  nets.eu dibspayment.eu epay.dk quickpay.net bambora.com vipps.no swish.nu mobilepay.dk mobilepay.fi
  paytrail.com verifone.com billwerk.com reepay.com svea.com walleypay.com
  systempay.fr paybox.com payzen.eu lyra.com monetico-services.com hipay.com hipay-tpp.com ingenico.com
  ogone.com v-psp.com redsys.es nexi.it xpay.nexigroup.com satispay.com bancasella.it sibs.pt mbway.pt
  authorize.net cybersource.com bluesnap.com 2checkout.com verifone.cloud avangate.com fastspring.com
  onfastspring.com paddle.com lemonsqueezy.com chargebee.com recurly.com chargify.com cleverbridge.com
  copecart.com elopage.com payproglobal.com samcart.com thrivecart.com
  mercadopago.com mercadopago.com.ar mercadopago.com.br mercadopago.com.mx pagseguro.com.br pagseguro.uol.com.br
  pagbank.com.br pagar.me ebanx.com dlocal.com conekta.com openpay.mx culqi.com wompi.co epayco.co payulatam.com
  transbank.cl webpay.cl khipu.com kushkipagos.com
  iyzico.com iyzipay.com paytr.com param.com.tr tap.company hyperpay.com payfort.com paytabs.com telr.com
  checkout.tap.company knet.com.kw flutterwave.com paystack.com paystack.shop pesapal.com payfast.co.za
  peachpayments.com yoco.com ozow.com interswitchng.com
  midtrans.com xendit.co doku.com omise.co 2c2p.com ipay88.com billplz.com molpay.com paymongo.com
  gmo-pg.com sbpayment.jp veritrans.co.jp paypay.ne.jp gmo-pg.jp komoju.com
  inicis.com kcp.co.kr nicepay.co.kr tosspayments.com toss.im kakaopay.com pay.naver.com
  yookassa.ru yoomoney.ru robokassa.ru robokassa.com cloudpayments.ru qiwi.com securepayments.sberbank.ru
  liqpay.ua fondy.eu wayforpay.com portmone.com.ua
  commerce.coinbase.com bitpay.com coingate.com nowpayments.io btcpayserver.org opennode.com
  cardinalcommerce.com arcot.com rsa3dsauth.com securesuite.co.uk securesuite.net wlp-acs.com
  3dsecure.io 3dsecure.no apata.io netcetera.com modirum.com securecode.com verifiedbyvisa.com
  aduno-gruppe.ch viseca.ch entersekt.com

  com.google.android.gms com.paypal.android.p2pmobile com.google.android.apps.walletnfcrel com.azure.authenticator
  com.squareup.cash com.venmo com.klarna.android com.bankid.bus dk.mitid.app.android com.phonepe.app net.one97.paytm
  com.google.android.apps.nbu.paisa.user com.eg.android.alipaygphone com.okta.android.auth com.duosecurity.duomobile
`)

// A sign-in on a host of any name is recognised by its path: `/oauth2/authorize`, `/realms/x/protocol/openid-connect/auth`.
const signInPath =
  /^\/(?:[^/]+\/){0,4}(?:oauth2?|oidc|connect|openid-connect)\/(?:[^/]+\/){0,2}(?:auth|authorize|authorise|authorization|consent|login)(?:[/.]|$)|^\/(?:[^/]+\/)?(?:saml2?|simplesaml|adfs|idp|sso|__\/auth)\//i
// Networks, shops and search engines sign people in on their own host.
const ownSignInPath =
  /^\/(?:(?:v\d+(?:\.\d+)?|api|auth|i|flow|uas|ap|u|users|sessions?|checkpoint|accounts?|dialog|o|login)\/)*(?:login|signin|sign_in|oauth2?|openid|authorize|oa|two-factor|two_factor|challenge|device)(?:[/._-]|$)/i

/** A sub-domain that is not of its parent's kind. */
export function isServiceHost(host: string): boolean {
  const label = firstLabel(host)
  return serviceLabels.has(label) || returnLabels.has(label) || regionalService.test(label)
}
// seller-us.tiktok.com, partner-eu.example
const regionalService = /^(?:seller|ads?|partner|developer|merchant)s?-/

const firstLabel = (host: string) => host.slice(0, Math.max(0, host.indexOf('.')))
const isSubdomain = (host: string) => host.indexOf('.') !== host.lastIndexOf('.')

/** `isNetwork`: the host is a known search engine, network or shop, where people also sign in. */
export function isReturnFrom(host: string, path: string, isNetwork: boolean): boolean {
  if (isListed(host)) return true
  if (isSubdomain(host) && returnLabels.has(firstLabel(host))) return true
  return signInPath.test(path) || (isNetwork && ownSignInPath.test(path))
}

function isListed(host: string): boolean {
  for (let rest = host; ;) {
    if (returnHosts.has(rest)) return true
    const dot = rest.indexOf('.')
    if (dot === -1) return false
    rest = rest.slice(dot + 1)
  }
}
