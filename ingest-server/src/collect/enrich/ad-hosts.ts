/**
 * Hosts that ads are clicked on, as they stand in referrers where the ad's own click id was lost on the way. What the
 * visitor saw before is not known, but somebody paid. Looked at and renewed with source-lists.ts.
 */

interface AdHosts {
  source: string
  medium: string
  hosts: readonly string[]
}

const hosts = (text: string) => text.trim().split(/\s+/)

const adHosts: readonly AdHosts[] = [
  { source: 'google', medium: 'cpc', hosts: hosts('googleadservices.com syndicatedsearch.goog') },
  {
    source: 'google',
    medium: 'display',
    hosts: hosts('doubleclick.net googlesyndication.com 2mdn.net imasdk.googleapis.com'),
  },
  {
    source: 'yandex',
    medium: 'cpc',
    hosts: hosts('yabs.yandex.ru yabs.yandex.com bs.yandex.ru an.yandex.ru'),
  },
  { source: 'taboola', medium: 'native', hosts: hosts('taboola.com taboolanews.com') },
  { source: 'outbrain', medium: 'native', hosts: hosts('outbrain.com zemanta.com') },
  {
    source: '',
    medium: 'native',
    hosts: hosts('mgid.com revcontent.com teads.tv plista.com sharethrough.com adyoulike.com ligatus.com'),
  },
  {
    source: '',
    medium: 'display',
    hosts: hosts(`
      amazon-adsystem.com criteo.com criteo.net adnxs.com adform.net adsrvr.org rubiconproject.com pubmatic.com
      casalemedia.com openx.net smartadserver.com bidswitch.net media.net adroll.com flashtalking.com sizmek.com
      serving-sys.com mediaplex.com yieldmo.com adition.com zedo.com unityads.unity3d.com applovin.com inmobi.com
    `),
  },
  {
    source: '',
    medium: 'affiliate',
    hosts: hosts(`
      awin1.com zenaps.com shareasale.com shareasale-analytics.com linksynergy.com anrdoezrs.net dpbolvw.net
      jdoqocy.com kqzyfj.com tkqlhce.com emjcd.com commission-junction.com prf.hn pxf.io sjv.io evyy.net
      tradedoubler.com tradetracker.net webgains.com effiliation.com belboon.com financeads.net digidip.net skimresources.com
      viglink.com redirectingat.com go2jump.org
    `),
  },
]

const byHost = new Map(adHosts.flatMap(({ hosts, ...ad }) => hosts.map((host) => [host, ad] as const)))

/** Who served the ad and what kind it was, undefined for a host that serves none. */
export function adAt(host: string): { source: string; medium: string } | undefined {
  for (let rest = host; rest.includes('.'); rest = rest.slice(rest.indexOf('.') + 1)) {
    const ad = byHost.get(rest)
    if (ad) return { source: ad.source || rest, medium: ad.medium }
  }
  return undefined
}

/** Search engines count the click on an ad at an address of their own. */
export const isAdClick = (path: string): boolean => /^\/(?:aclk|aclick|pagead)(?:[/.?]|$)/.test(path)
