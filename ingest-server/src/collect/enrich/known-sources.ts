/**
 * Where visits come from: which hosts and utm_source words are search engines, social networks, video or
 * shopping sites, AI assistants and mail readers. Own lists, written from public knowledge.
 *
 * One line each: category, the name it is shown by, then hosts (they include their sub-domains), `brand.*`
 * (that name under any public suffix) and plain words as they stand in utm_source.
 */
export type SourceCategory = 'search' | 'social' | 'video' | 'shopping' | 'ai' | 'email'

export interface KnownSource {
  category: SourceCategory
  name: string
}

const list: Record<SourceCategory, readonly string[]> = {
  ai: [
    'chatgpt: chatgpt.com chat.openai.com openai.com openai',
    'claude: claude.ai claude',
    'perplexity: perplexity.ai',
    'gemini: gemini.google.com bard.google.com bard',
    'copilot: copilot.microsoft.com copilot.cloud.microsoft m365.cloud.microsoft',
    'deepseek: deepseek.com',
    'grok: grok.com x.ai',
    'mistral: chat.mistral.ai mistral.ai lechat',
    'meta ai: meta.ai',
    'you.com: you.com',
    'phind: phind.com',
    'poe: poe.com',
    'kagi assistant: assistant.kagi.com',
    'duck.ai: duck.ai',
    'qwen: qwen.ai chat.qwen.ai',
    'kimi: kimi.com kimi.moonshot.cn',
    'doubao: doubao.com',
    'notebooklm: notebooklm.google.com',
    'manus: manus.im',
    'genspark: genspark.ai',
    'iask: iask.ai',
    'andi: andisearch.com',
    'felo: felo.ai',
    'pi.ai: pi.ai',
    'character.ai: character.ai',
  ],
  search: [
    'google: google.* com.google.android.googlequicksearchbox googlesearch',
    'bing: bing.com bing.* cn.bing.com',
    'yahoo: yahoo.* search.yahoo.co.jp',
    'duckduckgo: duckduckgo.com ddg',
    'baidu: baidu.com',
    'yandex: yandex.* ya.ru',
    'ecosia: ecosia.org',
    'qwant: qwant.com',
    'startpage: startpage.com',
    'brave: search.brave.com',
    'naver: naver.com search.naver.com',
    'daum: daum.net',
    'seznam: seznam.cz search.seznam.cz',
    'sogou: sogou.com',
    '360: so.com',
    'aol: aol.com search.aol.com',
    'ask: ask.com',
    'msn: msn.com',
    'lycos: lycos.com',
    'dogpile: dogpile.com',
    'swisscows: swisscows.com',
    'mojeek: mojeek.com',
    'kagi: kagi.com',
    'coccoc: coccoc.com',
    'rambler: rambler.ru',
    'virgilio: virgilio.it',
    'wp: szukaj.wp.pl',
    'onet: szukaj.onet.pl',
    'haosou: haosou.com',
    'shenma: sm.cn',
    'presearch: presearch.com presearch.io',
    'metager: metager.org metager.de',
  ],
  social: [
    'facebook: facebook.com fb.com fb.me fb m.me messenger.com fbmessenger meta',
    'instagram: instagram.com ig l.instagram.com ig.me',
    'threads: threads.net threads.com',
    'linkedin: linkedin.com lnkd.in com.linkedin.android',
    'twitter: twitter.com t.co x.com x tweetdeck.com',
    'pinterest: pinterest.* pin.it',
    'reddit: reddit.com redd.it',
    'snapchat: snapchat.com',
    'whatsapp: whatsapp.com wa.me',
    'telegram: telegram.org t.me telegram.me org.telegram.messenger',
    'discord: discord.com discord.gg discordapp.com',
    'slack: slack.com',
    'tumblr: tumblr.com',
    'quora: quora.com',
    'vk: vk.com vkontakte',
    'ok: ok.ru odnoklassniki',
    'weibo: weibo.com weibo.cn',
    'wechat: wechat.com weixin.qq.com',
    'qzone: qzone.qq.com',
    'line: line.me',
    'kakao: kakao.com story.kakao.com',
    'xing: xing.com',
    'mastodon: mastodon.social mastodon.online hachyderm.io fosstodon.org',
    'bluesky: bsky.app bsky',
    'hacker news: news.ycombinator.com hackernews hn',
    'product hunt: producthunt.com',
    'stack overflow: stackoverflow.com stackexchange.com',
    'github: github.com',
    'medium: medium.com',
    'substack: substack.com',
    'lemmy: lemmy.world',
    'nextdoor: nextdoor.com',
    'meetup: meetup.com',
    'flipboard: flipboard.com',
    'digg: digg.com',
    'disqus: disqus.com',
    'livejournal: livejournal.com',
    'indie hackers: indiehackers.com',
    'dev.to: dev.to',
    'lobsters: lobste.rs',
    'teams: teams.microsoft.com',
    'yammer: yammer.com',
    'glassdoor: glassdoor.*',
    'yelp: yelp.*',
    'tripadvisor: tripadvisor.*',
    'goodreads: goodreads.com',
    'hootsuite: hootsuite.com ow.ly',
    'buffer: buffer.com buff.ly',
  ],
  video: [
    'youtube: youtube.com youtu.be youtube-nocookie.com yt com.google.android.youtube',
    'tiktok: tiktok.com',
    'vimeo: vimeo.com',
    'twitch: twitch.tv',
    'dailymotion: dailymotion.com dai.ly',
    'wistia: wistia.com wistia.net',
    'bilibili: bilibili.com',
    'youku: youku.com',
    'iqiyi: iqiyi.com',
    'rumble: rumble.com',
    'rutube: rutube.ru',
    'niconico: nicovideo.jp',
    'netflix: netflix.com',
    'hulu: hulu.com',
    'disney+: disneyplus.com',
    'loom: loom.com',
    'vidyard: vidyard.com',
    'ted: ted.com',
    'odysee: odysee.com',
  ],
  shopping: [
    'amazon: amazon.* amzn.to',
    'ebay: ebay.*',
    'etsy: etsy.com',
    'walmart: walmart.com',
    'aliexpress: aliexpress.*',
    'alibaba: alibaba.com',
    'google shopping: shopping.google.com googleshopping google-shopping igshopping',
    'shopify: shopify.com shop.app',
    'target: target.com',
    'best buy: bestbuy.com',
    'rakuten: rakuten.*',
    'mercado libre: mercadolibre.* mercadolivre.*',
    'zalando: zalando.*',
    'otto: otto.de',
    'idealo: idealo.*',
    'flipkart: flipkart.com',
    'shopee: shopee.*',
    'lazada: lazada.*',
    'temu: temu.com',
    'privacySignal: privacySignal.com',
    'shopzilla: shopzilla.com',
    'pricerunner: pricerunner.*',
    'kelkoo: kelkoo.*',
    'bol: bol.com',
    'allegro: allegro.pl',
    'taobao: taobao.com',
    'tmall: tmall.com',
    'jd: jd.com',
    'ozon: ozon.ru',
    'wildberries: wildberries.ru',
    'nextag: nextag.com',
    'shopping.com: shopping.com',
  ],
  email: [
    'gmail: mail.google.com com.google.android.gm',
    'outlook: outlook.live.com outlook.office.com outlook.office365.com outlook.com',
    'yahoo mail: mail.yahoo.com mail.yahoo.co.jp',
    'proton mail: mail.proton.me mail.protonmail.com',
    'icloud mail: icloud.com',
    'gmx: gmx.net gmx.de gmx.com deref-gmx.net',
    'web.de: web.de',
    'fastmail: fastmail.com',
    'zoho mail: mail.zoho.com',
    'aol mail: mail.aol.com',
    'yandex mail: mail.yandex.ru mail.yandex.com',
    'mail.ru: e.mail.ru',
    'hey: app.hey.com',
    't-online: email.t-online.de',
  ],
}

const exact = new Map<string, KnownSource>()
const brands = new Map<string, KnownSource>()
for (const [category, lines] of Object.entries(list) as [SourceCategory, readonly string[]][]) {
  for (const line of lines) {
    const [name = '', entries = ''] = line.split(': ')
    const source: KnownSource = { category, name }
    exact.set(name, source)
    for (const entry of entries.split(' ')) {
      if (entry.endsWith('.*')) brands.set(entry.slice(0, -2), source)
      exact.set(entry, source)
    }
  }
}
for (const [brand, source] of brands) if (!exact.has(brand)) exact.set(brand, source)

/**
 * The known source that a host or a utm_source word is, the most specific entry first:
 * `mail.google.com` is a mail reader, `gemini.google.com` an assistant, `www.google.co.uk` a search engine.
 */
export function knownSource(hostOrWord: string): KnownSource | undefined {
  const whole = hostOrWord.toLowerCase()
  const found = exact.get(whole)
  if (found) return found
  let rest = whole
  for (;;) {
    const dot = rest.indexOf('.')
    if (dot === -1) return undefined
    // `google.co.uk`, `amazon.de`: the brand stands before a public suffix of one or two short labels.
    const suffix = rest.slice(dot + 1)
    if (/^(?:[a-z]{2,3}\.)?[a-z]{2,3}$/.test(suffix)) {
      const branded = brands.get(rest.slice(0, dot))
      if (branded) return branded
    }
    // A word counts only alone: `blog.x` is not the social network.
    const parent = suffix.includes('.') ? exact.get(suffix) : undefined
    if (parent) return parent
    rest = suffix
  }
}
