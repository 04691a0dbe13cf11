/** What a user agent says: class of device, browser and system by family, and whether it is a machine. */
import Bowser from 'bowser'
import { isbot } from 'isbot'
import { recently } from './recently.js'

export interface Agent {
  device: string
  browser: string
  os: string
  isBot: boolean
  /** The app in whose own browser the page was opened, by its name in source-lists.ts. */
  app: string
  /** All but `app`, as columns of the line, a comma before each. */
  columns: string
}

const noAgent: Agent = { device: '', browser: '', os: '', isBot: false, app: '', columns: '' }

// The longest user agents of real browsers are near 400 characters; parsers' regular expressions see no more.
const maxAgentLength = 512
const devices = new Set(['desktop', 'mobile', 'tablet', 'tv'])
// The parser answers an unknown agent with the agent's own words; only families it knows are kept, so that
// nobody writes text of their own choosing into these columns.
const browsers = new Set(Object.values(Bowser.BROWSER_MAP))
const systems = new Set(Object.values(Bowser.OS_MAP))
const known = (names: ReadonlySet<string>, name: string | undefined) =>
  name !== undefined && names.has(name) ? name : ''

/**
 * Apps show pages in a browser of their own, which often sends no referrer; its agent names the app. The first that is found
 * counts: apps of one company also carry each other's names.
 */
const apps: readonly [app: string, shape: RegExp][] = [
  ['instagram', /\bInstagram[ /]\d/],
  ['threads', /\bBarcelona \d/],
  ['facebook', /\bFB(?:AN|AV|IOS|_IAB)\b|\[FB/],
  ['linkedin', /\bLinkedInApp\b/],
  ['tiktok', /\b(?:musical_ly|BytedanceWebview|TikTok|trill|aweme)(?![a-z])/i],
  ['snapchat', /\bSnapchat\b/],
  ['pinterest', /\[?\bPinterest\/(?:iOS|Android)/],
  ['twitter', /\bTwitter(?:Android\b| for i)/],
  ['reddit', /\bReddit\/(?:Version|\d)/],
  ['line', /\bLine\/\d/],
  ['kakao', /\bKAKAO(?:TALK|STORY)\b/],
  ['wechat', /\bMicroMessenger\//],
  ['qq', /\bQQ\/\d/],
  ['weibo', /weibo/i],
  ['zalo', /\bZalo\b/],
  ['vk', /\bVK(?:AndroidApp|iOSApp|Client)\b|com\.vk\./i],
  ['ok', /\bOK(?:App|Android|iOS)/i],
  ['telegram', /\bTelegram-(?:Android|iOS)\b/],
  ['viber', /\bViber\/\d/],
  ['xiaohongshu', /\bxhs\b|xiaohongshu/i],
  ['zhihu', /\bZhihu(?:Hybrid)?\b/],
  ['kuaishou', /\b(?:Kwai|ksNebula|Kuaishou)\//i],
  ['tumblr', /\bTumblr\//],
  ['nextdoor', /\bNextdoor\//i],
  ['flipboard', /\bFlipboard\/\d/],
  ['quora', /\bQuora\/\d/],
  ['slack', /\bSlack_SSB\//],
  ['teams', /\bTeams\/\d/],
]

// Libraries by which apps on people's telephones speak: a back-end that passes on the agent of its request has these.
const appLibrary =
  /^(?:okhttp|ReactNative|UnityPlayer|Dalvik|Dart|Ktor|Cronet|Alamofire|analytics-(?:android|ios|kotlin|swift))\b/i

function parseAgent(userAgent: string): Agent {
  const isBot = isbot(userAgent) && !appLibrary.test(userAgent)
  const { browser, os, platform } = Bowser.parse(userAgent)
  const agent = {
    device: isBot ? 'bot' : known(devices, platform.type),
    browser: known(browsers, browser.name),
    os: known(systems, os.name),
  }
  // Only words of the lists above, so nothing in them needs escaping.
  const columns = Object.entries(agent).map(([name, value]) => (value === '' ? '' : `,"${name}":"${value}"`))
  const app = apps.find(([, shape]) => shape.test(userAgent))?.[0] ?? ''
  return { ...agent, isBot, app, columns: columns.join('') + (isBot ? ',"is_bot":true' : '') }
}

const remembered = recently(parseAgent, { size: 2_000, maxLength: maxAgentLength })

/** The agent that a User-Agent names; all empty without one. */
export function agentOf(userAgent: string): Agent {
  if (userAgent === '') return noAgent
  return remembered(userAgent.length > maxAgentLength ? userAgent.slice(0, maxAgentLength) : userAgent)
}

// PowerShell, crawlers and monitors call themselves Mozilla too, but name no engine, or say what they are.
const browserShape = /^(?:Mozilla\/5\.0|Opera\/9).*(?:AppleWebKit|Gecko|Trident|Presto)\//

/** An agent that only a person's browser has. */
export const isBrowserAgent = (userAgent: string): boolean =>
  browserShape.test(userAgent) && !agentOf(userAgent).isBot
