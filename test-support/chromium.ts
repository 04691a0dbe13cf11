/** The Chromium that tests drive: CHROME_PATH, else the system's; undefined, with the reason said aloud, when there is none. */
import { existsSync } from 'node:fs'
import { type Browser, type BrowserContext, chromium } from 'playwright-core'

const wellKnown = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

export function chromiumPath(): string | undefined {
  const path = [process.env.CHROME_PATH, ...wellKnown].find((candidate) => candidate && existsSync(candidate))
  if (path === undefined) console.warn('SKIPPED: no Chromium (set CHROME_PATH, or apt-get install chromium)')
  return path
}

/** `more` are further switches: `--log-net-log=FILE` keeps the browser's own log of its network. */
export async function openBrowser(executablePath: string, more: readonly string[] = []): Promise<Browser> {
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      // A person's browser does not say that it is driven; what says so is treated as a bot.
      '--disable-blink-features=AutomationControlled',
      ...more,
    ],
  })
}

/** A fresh profile, as a person's browser shows itself: without the word Headless in its user agent. */
export async function newPerson(browser: Browser): Promise<BrowserContext> {
  const major = browser.version().split('.')[0] ?? '141'
  return browser.newContext({
    userAgent: `Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${major}.0.0.0 Safari/537.36`,
    locale: 'en-GB',
  })
}
