/**
 * Domains whose addresses belong to strangers, by kind, where the lists from packages have gaps, and names that those
 * lists hold by mistake. Own lists, from public knowledge; last looked at: 2026-11. To renew: read the providers of
 * the countries one sells to, and look at one's own data for accounts that are too large to be one company:
 * SELECT account, count() FROM touchline.account_people WHERE account LIKE 'domain:%' GROUP BY 1 ORDER BY 2 DESC;
 */

const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/))

/** Names under which free mail is offered in any country: `hotmail.rs`, `yandex.uz`, `mail.ee`. */
export const freeMailBrands = words(`
  gmail googlemail hotmail outlook live msn windowslive yahoo ymail rocketmail myyahoo aol icloud gmx yandex zohomail
  zoho protonmail tutanota tutamail fastmail hushmail posteo rediffmail mail email e-mail webmail freemail mymail inbox
  mailbox mailinator yopmail guerrillamail tempmail temp-mail 10minutemail trashmail maildrop simplelogin anonaddy
  mozmail tiscali wanadoo chello upcmail t-online
`)

/** Free mail and mail of access providers. */
const providers = words(`
  tuta.com tuta.io startmail.com mailfence.com runbox.com hush.com ya.ru passport.com laposte.net disroot.org
  riseup.net skiff.com ctemplar.com countermail.com messagingengine.com proton.me proton.ch pm.me passmail.com passmail.net use.startmail.com keemail.me
  internet.ru xmail.ru vk.com vkmail.ru mail.ua bk.ru list.ru e1.ru ngs.ru pochta.ru qip.ru hotbox.ru nm.ru
  zoznam.sk pobox.sk post.sk dir.bg gbg.bg net.hr inet.hr siol.net t-2.net amis.net eunet.rs mts.rs sbb.rs open.telekom.rs
  aruba.it pec.it legalmail.it arubapec.it postecert.it pecimprese.it cert.legalmail.it poste.it supereva.it
  teletu.it bbox.fr cegetel.net noos.fr nordnet.fr gmx.fr mailo.com netcourrier.com net-c.com caramail.com
  oncable.dk ofir.dk get2net.dk cybercity.dk swipnet.se nic.fi simnet.is internet.is visir.is iol.ie indigo.ie caiway.nl
  dbmail.com netvisao.pt in.gr rdslink.ro digikabel.hu quick.cz iol.cz stonline.sk orangemail.sk narod.ru voliacable.com
  takas.lt one.lt online.ee neti.ee wavecable.com exetel.com.au snap.net.nz actrix.co.nz absamail.co.za 263.net
  orange.es euskalnet.net onionmail.org dnmx.org airmail.cc
  brutele.be
  proximus.be scarlet.be base.be belgacom.net sunrise.ch green.ch netplus.ch vtxnet.ch inode.at liwest.at kabsi.at
  drei.at a1.net movistar.es euskaltel.net jazzfree.com clix.pt netcabo.pt meo.pt iol.pt vodafone.pt
  online.no lyse.net altibox.no haugnett.no broadpark.no frisurf.no start.no c2i.net bkkfiber.no enivest.net getmail.no ebnett.no
  comhem.se telia.se tele2.se bahnhof.se passagen.se tdcadsl.dk stofanet.dk
  webspeed.dk mail.tele.dk youmail.dk elisanet.fi pp.inet.fi welho.com saunalahti.fi dnainternet.net netti.fi
  vodafone.de 1und1.de kabelmail.de unitymedia.de netcologne.de ewe.net ewetel.net osnanet.de mnet-mail.de o2mail.de
  o2online.de htp-tel.de versanet.de wtnet.de emailn.de kabelbw.de eclipso.de eclipso.eu mail36.net ok.de
  plusnet.com plus.com force9.co.uk waitrose.com orange.net o2.co.uk postmaster.co.uk fsmail.net zen.co.uk onetel.com
  spectrum.net twc.com roadrunner.com rr.com rcn.com suddenlink.net wowway.com mediacombb.net cableone.net tds.net
  hughes.net q.com embarqmail.com cableone.net peoplepc.com netscape.net mindspring.com alltel.net ptd.net
  eastlink.ca mts.net sasktel.net cogeco.ca look.ca bellaliant.net nb.sympatico.ca
  optushome.com.au westnet.com.au internode.on.net adam.com.au dodo.com.au ozemail.com.au netspace.net.au
  slingshot.co.nz orcon.net.nz vodafone.co.nz clear.net.nz paradise.net.nz ihug.co.nz mweb.co.za telkomsa.net vodamail.co.za
  superonline.com ttmail.com ttnet.net.tr turk.net hotmail.com.tr mynet.com 012.net.il bezeqint.net zahav.net.il
  netvision.net.il emirates.net.ae eim.ae batelco.com.bh qatar.net.qa cyberia.net.lb link.net tedata.net.eg menara.ma
  wo.cn kakao.com nate.com korea.com dreamwiz.com empas.com lycos.co.kr hitel.net chol.com
  nifty.com biglobe.ne.jp so-net.ne.jp goo.jp au.com ymobile.ne.jp vodafone.ne.jp disney.ne.jp willcom.com dion.ne.jp
  plala.or.jp asahi-net.or.jp hi-ho.ne.jp jcom.home.ne.jp jcom.zaq.ne.jp infoseek.jp rakuten.jp t.vodafone.ne.jp
  uqmobile.jp docomo.ne.jp mineo.jp cyberhome.ne.jp eonet.ne.jp wakwak.com dti.ne.jp bbiq.jp
  pchome.com.tw hinet.net seed.net.tw url.com.tw ms1.hinet.net netvigator.com hkbn.net biznetvigator.com i-cable.com
  pacific.net.sg starhub.net.sg singtel.com streamyx.com tm.net.my vnn.vn fpt.vn hcm.fpt.vn viettel.vn pldtdsl.net
  globo.com zipmail.com.br bol.com.br oi.com.br superig.com.br click21.com.br pop.com.br fibertel.com.ar
  speedy.com.ar arnet.com.ar ciudad.com.ar prodigy.net.mx cantv.net etb.net.co une.net.co vtr.net entelchile.net
  sify.com indiatimes.com vsnl.net vsnl.com bsnl.in bsnl.co.in dataone.in airtelmail.in sancharnet.in
  autistici.org inventati.org kolabnow.com criptext.com swisscows.email soverin.net vodafonemail.de caramail.fr 9online.fr
  glocalnet.net epost.no sol.no wxs.nl freesurf.ch vodafone.it ya.com mundo-r.com cytanet.com.cy t-email.hu neostrada.pl
  starman.ee online.ua pldt.net odn.ne.jp iclod.com
  pobox.com iname.com mac.com me.com usa.net usa.com techie.com consultant.com engineer.com europe.com asia.com
`)

/** Addresses that stand for another one: mail is passed on, and the real address is not known. */
const aliasServices = words(`
  duck.com mozmail.com relay.firefox.com privaterelay.appleid.com simplelogin.com simplelogin.co
  simplelogin.fr simplelogin.io slmail.me slmails.com aleeas.com 8alias.com 8shield.net dralias.com silomails.com
  passinbox.com passfwd.com passmail.net passmail.com addy.io anonaddy.com anonaddy.me 4wrd.cc mailer.me addymail.com
  33mail.com spamgourmet.com opayq.com burnermail.io erine.email forwardemail.net improvmx.com ironvest.com
  myclkd.email clkdmail.com mycloak.co hide-my-email.com inboxalias.com manyme.com altmails.com
  fastforward.email mask.me maskme.com idbloc.co trashmail.com jetable.org privy-mail.com stopspam.app
  emailalias.io firefoxrelay.com startmail.com forward.email mailnull.com sneakemail.com e4ward.com bloody.email
  myemailforward.com vboxme.com crypto-mail.net tuamaeaquelaursa.com skiff.org ctemplar.com atomicmail.io
`)

/** Hosts of marketplaces and networks that stand between two people, and addresses that nobody reads. */
const relayHosts = words(`
  users.noreply.github.com noreply.github.com reply.github.com users.noreply.gitlab.com noreply.gitlab.com
  users.noreply.codeberg.org users.noreply.gitea.com noreply.codeberg.org users.sourceforge.net
  member.alibaba.com gappssmtp.com mtasv.net mailchimpapp.com mailchimpapp.net
  marketplace.amazon.com marketplace.amazon.co.uk marketplace.amazon.de marketplace.amazon.fr marketplace.amazon.it
  marketplace.amazon.es marketplace.amazon.ca marketplace.amazon.co.jp marketplace.amazon.com.au
  marketplace.amazon.com.mx marketplace.amazon.nl marketplace.amazon.in marketplace.amazon.se marketplace.amazon.pl
  members.ebay.com members.ebay.de members.ebay.co.uk members.ebay.fr members.ebay.it members.ebay.com.au
  mail.kleinanzeigen.de mail.ebay-kleinanzeigen.de craigslist.org hous.craigslist.org sale.craigslist.org
  guest.booking.com property.booking.com partner.booking.com guest.vrbo.com messaging.yelp.com leads.autotrader.com
  mail.mercadolibre.com mail.mercadolivre.com inbound.homes.com inbound.workablemail.com candidates.workablemail.com
  hubspotemail.net list-manage.com createsend.com createsend1.com guest.airbnb.com host.airbnb.com reply.airbnb.com
  m.expediapartnercentral.com messages.homeaway.com messages.vrbo.com guest.agoda.com guest.trip.com
  messages.etsy.com members.etsy.com transaction.etsy.com conversations.etsy.com facebookmail.com bounce.linkedin.com
  messages.linkedin.com reply.linkedin.com inmail.linkedin.com users.messages.whatsapp.com reply.facebook.com
  mail-list.upwork.com messages.upwork.com relay.zillow.com email.zillow.com convo.zillow.com
  resource.calendar.google.com group.calendar.google.com calendar-server.bounces.google.com iam.gserviceaccount.com
  developer.gserviceaccount.com appspot.gserviceaccount.com amazonses.com mcsv.net mcdlv.net sendgrid.net mailgun.org
  yahoogroups.com mandrillapp.com sparkpostmail.com mktomail.com exacttarget.com rsgsv.net ccsend.com
  txt.att.net vtext.com vzwpix.com tmomail.net messaging.sprintpcs.com mms.att.net pm.sprint.com
  example.com example.org example.net test.com domain.com noreply.com noemail.com none.com nomail.com no-email.com
  fake.com asdf.com test.test null.com undefined.com none.none noemail.com email.invalid
`)

/** What is made up for a domain by who has none. */
export const neverCompanies = words('noreply no-reply donotreply do-not-reply invalid localhost localdomain')

/** Top-level names that nobody can register: networks in a house use them, and many have the same (`corp.local`). */
export const privateTopLevels = words(
  'local lan internal corp home intranet private localdomain invalid onion arpa alt workgroup dhcp',
)

/** Labels below a domain, of hosts where no person has a mailbox. */
export const relayLabels = words(`
  noreply no-reply donotreply do-not-reply noreplies nepasrepondre noresponder reply replies bounce bounces
  privaterelay invalid localhost localdomain
`)

/**
 * Below these each tenant has a name of its own, as below a public suffix: `a.onmicrosoft.com` and
 * `b.onmicrosoft.com` are two companies, and `ann@zendesk.com` works at Zendesk.
 */
export const tenantSuffixes = words(`
  onmicrosoft.com mail.onmicrosoft.com onmicrosoft.de onmicrosoft.us partner.onmschina.cn microsoftonline.com
  sharepoint.com b2clogin.com gsuite.com googleapps.com google-apps.com
  zendesk.com atlassian.net jira.com freshdesk.com freshservice.com freshworks.com myfreshworks.com
  intercom.io on.intercom.io mail.intercom.io intercom-mail.com helpscout.com mail.helpscout.com
  helpscoutapp.com helpscout.net groovehq.com desk.com uservoice.com kayako.com happyfox.com teamwork.com
  teamworkdesk.com gorgias.io gorgias.com reamaze.com reamaze.io frontapp.com hubspot-inbox.com hs-inbox.com
  helpjuice.com zammad.com otrs.com deskpro.com livechatinc.com tawk.email crisp.email chatwoot.com gladly.com
  kustomerapp.com dixa.io dixa.com helpshift.com supportbee.com ticksy.com zohodesk.com zohodesk.eu zohosupport.com
  service-now.com servicenow.com samanage.com sysaidit.com manageengine.com halopsa.com haloitsm.com
  my.salesforce.com salesforce.com force.com le.salesforce.com lightning.force.com
  slack.com mail.slack.com asana.com monday.com trello.com clickup.com basecamphq.com basecamp.com notion.site
  myshopify.com bigcartel.com mybigcommerce.com wixsite.com wordpress.com squarespace.com webflow.io weebly.com
  herokuapp.com netlify.app vercel.app github.io gitlab.io pages.dev web.app firebaseapp.com azurewebsites.net
  cloudapp.net cloudapp.azure.com appspot.com
  pipedrive.com pipedrivemail.com greenhouse.io greenhouse-mail.io lever.co hire.lever.co workablemail.com workable.com
  recruitee.com smartrecruiters.com bamboohr.com personio.de personio.com teamtailor.com teamtailor-mail.com
  jobvite.com icims.com myworkday.com workday.com ashbyhq.com breezy.hr
  odoo.com my3cx.de 3cx.net 3cx.eu cloudwaysapps.com kinsta.cloud wpengine.com pantheonsite.io
  mykajabi.com teachable.com thinkific.com circle.so discourse.group kommo.com amocrm.ru bitrix24.com bitrix24.de
  bitrix24.ru typeform.com aha.io productboard.com statuspage.io okta.com oktapreview.com auth0.com
  eu.auth0.com us.auth0.com au.auth0.com jp.auth0.com uk.auth0.com ca.auth0.com okta-emea.com onelogin.com cloudflareaccess.com
  readme.io youtrack.cloud myjetbrains.com kajabi.com substack.com ghost.io beehiiv.com memberful.com mn.co tribe.so canny.io
  front-mail.com freshchat.com freshsales.io freshteam.com zohocreator.com bitrix24.eu bitrix24.pl bitrix24.fr bitrix24.it
  bitrix24.com.br bitrix24.es bitrix24.kz bitrix24.by bitrix24.ua quip.com zoom.us webex.com applytojob.com jobs.personio.de
  jobs.personio.com factorialhr.com hibob.com eu.teamtailor.com na.teamtailor.com lightspeedapp.com mysimplestore.com
  jimdo.com jimdofree.com site123.me webnode.com webnode.page strikingly.com tumblr.com railway.app loca.lt glitch.me
  box.com egnyte.com sharefile.com quickbase.com smartsheet.com airtable.com knack.com
`)

/** Companies that lists of free and throw-away mail hold: people once had addresses there, or somebody took them for it. */
const companies = words(`
  bt.com att.com verizon.com charter.com comcast.com t-mobile.com tmobile.com telekom.de dell.com cnn.com
  twitter.com youtube.com bing.com google.com alibaba.com total.com cloaked.id cloaked.com cloaked.dev xwaretech.com
`)

// Staff and students of one institution are one account.
const institutions = /\.(?:edu|gov|mil)$|\.(?:ac|edu|gov|gob|gouv|go|mil)\.[a-z]{2}$/

/** Google Workspace's second name of each domain: `acme.com.test-google-a.com` is Acme's. */
export const secondNames = /\.test-google-[a-z]\.com$/

/** True for names that only a list says are shared, and that a company or an institution has. */
export const isKnownCompany = (domain: string): boolean => companies.has(domain) || institutions.test(domain)

export const sharedByKind: ReadonlySet<string> = new Set([...providers, ...aliasServices, ...relayHosts])
