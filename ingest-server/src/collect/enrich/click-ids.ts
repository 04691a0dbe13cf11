/**
 * Click ids: parameters that ad networks and mail programs add to the address of the page. Each says, where
 * no utm_… does, where the click came from. First in the list wins when there are several.
 */
export interface ClickIdKind {
  name: string
  source: string
  medium: string
  /** The network adds it only to what was paid for; fbclid and igshid are on every link that is shared. */
  isPaid: boolean
}

const paid = (name: string, source: string, medium: string): ClickIdKind => ({
  name,
  source,
  medium,
  isPaid: true,
})
const free = (name: string, source: string, medium: string): ClickIdKind => ({
  name,
  source,
  medium,
  isPaid: false,
})

export const clickIdKinds: readonly ClickIdKind[] = [
  paid('gclid', 'google', 'cpc'), // Google Ads auto-tagging
  paid('gbraid', 'google', 'cpc'), // Google Ads, app measurement
  paid('wbraid', 'google', 'cpc'), // Google Ads, web to app
  paid('dclid', 'dv360', 'display'), // Campaign Manager, Display & Video 360
  paid('msclkid', 'bing', 'cpc'), // Microsoft Advertising
  paid('yclid', 'yandex', 'cpc'), // Yandex Direct
  paid('ttclid', 'tiktok', 'paid'), // TikTok Ads
  paid('twclid', 'twitter', 'paid'), // X Ads
  paid('li_fat_id', 'linkedin', 'paid'), // LinkedIn Ads
  paid('sccid', 'snapchat', 'paid'), // Snapchat Ads
  paid('epik', 'pinterest', 'paid'), // Pinterest Ads
  paid('rdt_cid', 'reddit', 'paid'), // Reddit Ads
  paid('qclid', 'quora', 'paid'), // Quora Ads
  paid('tblci', 'taboola', 'paid'),
  paid('dicbo', 'outbrain', 'paid'),
  free('irclickid', 'impact', 'affiliate'),
  free('srsltid', 'google shopping', 'organic'), // Google's free product listings
  free('mc_eid', 'mailchimp', 'email'),
  free('_hsenc', 'hubspot', 'email'),
  free('fbclid', 'facebook', 'social'),
  free('igshid', 'instagram', 'social'),
]

export const clickIdByName: ReadonlyMap<string, ClickIdKind> = new Map(
  clickIdKinds.map((kind) => [kind.name, kind]),
)
export const clickIdRank: ReadonlyMap<string, number> = new Map(
  clickIdKinds.map(({ name }, rank) => [name, rank]),
)
