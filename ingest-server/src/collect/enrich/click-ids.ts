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
  paid('obclid', 'outbrain', 'paid'),
  paid('ymclid', 'yandex market', 'cpc'),
  paid('sznclid', 'seznam', 'cpc'), // Seznam Sklik
  paid('bd_vid', 'baidu', 'cpc'), // Baidu's search ads
  paid('qhclickid', '360', 'cpc'), // 360's search ads
  paid('n_media', 'naver', 'cpc'), // Naver's search ads
  paid('vkclid', 'vk', 'paid'), // VK Ads
  paid('s_kwcid', 'google', 'cpc'), // Adobe Advertising, on search ads
  paid('ndclid', 'nextdoor', 'paid'), // Nextdoor Ads
  paid('ldtag_cl', 'line', 'paid'), // LINE Ads
  paid('cto_pld', 'criteo', 'display'),
  paid('asa_campaign_id', 'apple search', 'cpc'), // Apple Search Ads
  // Google Ads adds these beside a gclid, and alone where privacy settings took the gclid away.
  paid('gad_campaignid', 'google', 'cpc'),
  paid('gad_source', 'google', 'cpc'),
  paid('gclsrc', 'google', 'cpc'),
  free('irclickid', 'impact', 'affiliate'),
  free('cjevent', 'commission junction', 'affiliate'),
  free('awc', 'awin', 'affiliate'),
  free('ranmid', 'linkshare', 'affiliate'),
  free('ransiteid', 'linkshare', 'affiliate'),
  free('clickref', 'partnerize', 'affiliate'),
  free('sscid', 'shareasale', 'affiliate'),
  free('tduid', 'tradedoubler', 'affiliate'),
  free('srsltid', 'google shopping', 'organic'), // Google's free product listings
  free('ysclid', 'yandex', 'organic'), // links in Yandex's results
  free('mc_eid', 'mailchimp', 'email'),
  free('mc_cid', 'mailchimp', 'email'),
  free('_hsenc', 'hubspot', 'email'),
  free('_hsmi', 'hubspot', 'email'),
  free('mkt_tok', 'marketo', 'email'),
  free('_kx', 'klaviyo', 'email'),
  free('vgo_ee', 'activecampaign', 'email'),
  free('ml_subscriber', 'mailerlite', 'email'),
  free('ck_subscriber_id', 'convertkit', 'email'),
  free('oly_enc_id', 'omeda', 'email'),
  free('dm_i', 'dotdigital', 'email'),
  free('elqtrackid', 'eloqua', 'email'),
  free('vero_id', 'vero', 'email'),
  free('sfmc_sub', 'salesforce marketing cloud', 'email'),
  free('fbclid', 'facebook', 'social'),
  free('mibextid', 'facebook', 'social'), // Facebook's share button
  free('igshid', 'instagram', 'social'),
  free('igsh', 'instagram', 'social'),
]

export const clickIdByName: ReadonlyMap<string, ClickIdKind> = new Map(
  clickIdKinds.map((kind) => [kind.name, kind]),
)
export const clickIdRank: ReadonlyMap<string, number> = new Map(
  clickIdKinds.map(({ name }, rank) => [name, rank]),
)
