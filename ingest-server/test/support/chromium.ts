/** The Chromium that tests drive: CHROME_PATH, else the system's; undefined, with the reason said aloud, when there is none. */
import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

const wellKnown = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

export function chromiumPath(): string | undefined {
  const path = [process.env.CHROME_PATH, ...wellKnown].find((candidate) => candidate && existsSync(candidate))
  if (path === undefined) console.warn('SKIPPED: no Chromium (set CHROME_PATH, or apt-get install chromium)')
  return path
}

export async function openBrowser(executablePath: string): Promise<Browser> {
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
    ],
  })
}
