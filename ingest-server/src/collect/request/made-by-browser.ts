/**
 * Whether a browser made the request. Only then do its headers and its address say something about the visitor:
 * the User-Agent of an HTTP library (`curl/8.5.0`, `okhttp/4.12.0`) is nobody's browser and nobody's robot.
 */
import type { IncomingHttpHeaders } from 'node:http'
import { isBrowserAgent } from '../enrich/agent.js'

/**
 * Browsers name the page's origin with every POST. `Sec-Fetch-Site` stands for all `Sec-Fetch-` headers: Node's own
 * fetch sends `Sec-Fetch-Mode`, but no site.
 */
export const isMadeByBrowser = (headers: IncomingHttpHeaders): boolean =>
  headers.origin !== undefined ||
  headers['sec-fetch-site'] !== undefined ||
  isBrowserAgent(headers['user-agent'] ?? '')
