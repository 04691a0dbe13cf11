import { describe, expect, it } from 'vitest'
import { touchlineContext } from './context.js'

const now = 1_800_000_000_000
// As sdk-browser writes it.
const cookieOf = (visitor: Record<string, unknown>, name = 'touchline') =>
  `${name}=${encodeURIComponent(JSON.stringify(visitor))}`
const visitor = { anonymousId: 'a;1', sessionId: 's1', lastSeen: now - 60_000 }
const contextFor = (headers: Record<string, string>, more: object = {}) =>
  touchlineContext({ headers, ...more }, { now })

describe('the context of a request', () => {
  it('joins the visitor and the session of the browser SDK', () => {
    const cookie = `theme=dark; ${cookieOf(visitor)}; tl_try=1`
    expect(contextFor({ cookie })).toEqual({ anonymousId: 'a;1', context: { sessionId: 's1' } })
  })

  it.each([
    ['no cookie', ''],
    ['another cookie whose name ends alike', `xtouchline=${cookieOf(visitor).slice(10)}`],
    ['a visitor who refused tracking', cookieOf({ ...visitor, choice: 'no' })],
    ['a cookie without an id', cookieOf({ sessionId: 's1' })],
    ['a cookie of something else', 'touchline=abc'],
    ['a cookie that holds no object', 'touchline=null'],
    ['an id that is no text', cookieOf({ anonymousId: 7 })],
    ['a cookie that is not encoded right', 'touchline=%E0%A4%A'],
  ])('has no visitor for %s', (_what, cookie) => {
    expect(contextFor({ cookie })).toEqual({ context: {} })
  })

  it('takes the first cookie that the browser SDK wrote, under the name of before too, or under the site’s own', () => {
    const known = { anonymousId: 'a;1', context: { sessionId: 's1' } }
    expect(contextFor({ cookie: `touchline=theirs; ${cookieOf(visitor)}` })).toEqual(known)
    expect(contextFor({ cookie: `touchline=5; ${cookieOf(visitor, 'tl')}` })).toEqual(known)
    const refused = cookieOf({ choice: 'no' })
    expect(contextFor({ cookie: `${cookieOf(visitor, 'tl')}; ${refused}` })).toEqual({ context: {} })
    const cookie = `${cookieOf({ anonymousId: 'other' })}; ${cookieOf(visitor, 'shop')}`
    expect(touchlineContext({ headers: { cookie } }, { cookieName: 'shop', now })).toEqual(known)
  })

  it('leaves out a session that its browser would not continue', () => {
    const cookie = cookieOf({ ...visitor, lastSeen: now - 31 * 60_000 })
    expect(contextFor({ cookie })).toEqual({ anonymousId: 'a;1', context: {} })
  })

  it('has ip, user agent and locale', () => {
    const headers = { 'user-agent': 'Mozilla/5.0', 'accept-language': 'de-AT,de;q=0.9' }
    const expected = { ip: '203.0.113.7', userAgent: 'Mozilla/5.0', locale: 'de-AT' }
    expect(contextFor(headers, { ip: '203.0.113.7' }).context).toEqual(expected)
    expect(contextFor(headers, { socket: { remoteAddress: '203.0.113.7' } }).context).toEqual(expected)
  })

  const fastify = {
    raw: {},
    method: 'GET',
    url: '/pricing?plan=pro',
    protocol: 'https',
    host: 'shop.example:8443',
  }
  const express = { method: 'GET', originalUrl: '/pricing?plan=pro', url: '/?plan=pro', protocol: 'https' }
  const asPage = { accept: 'text/html,*/*', host: 'shop.example:8443', referer: 'https://search.example/' }
  const page = {
    url: 'https://shop.example:8443/pricing?plan=pro',
    path: '/pricing',
    search: '?plan=pro',
    referrer: 'https://search.example/',
  }
  it('has the page that is asked for', () => {
    expect(contextFor(asPage, fastify).context['page']).toEqual(page)
    expect(contextFor(asPage, { ...express, hostname: 'shop.example' }).context['page']).toEqual(page)
  })

  it('believes the host that the framework trusts over the header', () => {
    const behindProxy = { ...asPage, host: 'internal:3000' }
    expect(contextFor(behindProxy, fastify).context['page']).toEqual(page)
    const url = 'https://shop.example/pricing?plan=pro'
    expect(contextFor(behindProxy, { ...express, hostname: 'shop.example' }).context['page']).toMatchObject({
      url,
    })
  })

  it('has for a form or a fetch the page that it came from, which then is nobody’s referrer', () => {
    const headers = { host: 'shop.example', referer: 'https://shop.example/cart?step=2' }
    const cart = { url: 'https://shop.example/cart?step=2', path: '/cart', search: '?step=2' }
    expect(contextFor(headers, { ...fastify, method: 'POST' }).context['page']).toEqual(cart)
    const fetched = { ...headers, accept: 'text/html', 'sec-fetch-dest': 'empty' }
    expect(contextFor(fetched, fastify).context['page']).toEqual(cart)
  })

  it('reads a Request of the web as it reads one of Node', () => {
    const headers = { cookie: cookieOf(visitor), 'User-Agent': 'Mozilla/5.0', accept: 'text/html' }
    const url = 'https://shop.example:8443/pricing?plan=pro'
    const expected = { url, path: '/pricing', search: '?plan=pro' }
    expect(touchlineContext(new Request(url, { headers }), { now })).toEqual({
      anonymousId: 'a;1',
      context: { userAgent: 'Mozilla/5.0', sessionId: 's1', page: expected },
    })
    const sent = new Request(url, {
      method: 'POST',
      headers: { ...headers, referer: 'https://shop.example/cart' },
    })
    expect(touchlineContext(sent, { now }).context['page']).toMatchObject({ path: '/cart' })
    expect(touchlineContext(new Request(url))).toEqual({ context: {} })
  })

  it('has no page where nothing names one', () => {
    expect(contextFor({ host: 'x' }, { ...fastify, method: 'POST' }).context).toEqual({})
    expect(contextFor({ referer: 'about:client' }).context).toMatchObject({})
    expect(contextFor({ referer: 'not an address' }).context).toEqual({})
  })
})
