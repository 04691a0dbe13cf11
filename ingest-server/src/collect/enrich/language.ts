/** Which language a browser asks for first: what its pages see as `navigator.language`. */
import type { IncomingMessage } from 'node:http'
import accepts from 'accepts'
import { recently } from './recently.js'

// Browsers name a handful of languages.
const maxHeaderLength = 256

function firstOf(header: string): string {
  const request = { headers: { 'accept-language': header } } as IncomingMessage
  const [first = '*'] = [accepts(request).languages()].flat()
  return first === '*' ? '' : first
}

const remembered = recently(firstOf, { size: 2_000, maxLength: maxHeaderLength })

/** `de-AT` of `de-AT,de;q=0.9`; empty where the header is, or takes any. */
export const languageOf = (acceptLanguage: string): string =>
  acceptLanguage === '' ? '' : remembered(acceptLanguage.slice(0, maxHeaderLength))
