/** What a user agent says: class of device, browser and system by family, and whether it is a machine. */
import Bowser from 'bowser'
import { isbot } from 'isbot'
import { recently } from './recently.js'

export interface Agent {
  device: string
  browser: string
  os: string
  isBot: boolean
  /** The same as columns of the line, a comma before each. */
  columns: string
}

const noAgent: Agent = { device: '', browser: '', os: '', isBot: false, columns: '' }

// The longest user agents of real browsers are near 400 characters; parsers' regular expressions see no more.
const maxAgentLength = 512
const devices = new Set(['desktop', 'mobile', 'tablet', 'tv'])
// The parser answers an unknown agent with the agent's own words; only families it knows are kept, so that
// nobody writes text of their own choosing into these columns.
const browsers = new Set(Object.values(Bowser.BROWSER_MAP))
const systems = new Set(Object.values(Bowser.OS_MAP))
const known = (names: ReadonlySet<string>, name: string | undefined) =>
  name !== undefined && names.has(name) ? name : ''

function parseAgent(userAgent: string): Agent {
  const isBot = isbot(userAgent)
  const { browser, os, platform } = Bowser.parse(userAgent)
  const agent = {
    device: isBot ? 'bot' : known(devices, platform.type),
    browser: known(browsers, browser.name),
    os: known(systems, os.name),
  }
  // Only words of the lists above, so nothing in them needs escaping.
  const columns = Object.entries(agent).map(([name, value]) => (value === '' ? '' : `,"${name}":"${value}"`))
  return { ...agent, isBot, columns: columns.join('') + (isBot ? ',"is_bot":true' : '') }
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
