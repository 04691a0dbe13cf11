import { describe, expect, test } from 'vitest'
import { guardedLookup, problemOfUrl, rangesOf } from './address-guard.js'

describe('an endpoint may be', () => {
  test.each([
    'https://hooks.example.com/x',
    'https://93.184.216.34/',
    'https://[2606:2800:220:1:248:1893:25c8:1946]/',
    'http://localhost:8080/hook',
    'http://127.0.0.1:9999/',
    'http://[::1]:9999/',
  ])('at %s', (url) => expect(problemOfUrl(url, [])).toBeUndefined())
})

describe('an endpoint may not be', () => {
  test.each([
    ['without https', 'http://hooks.example.com/'],
    ['on another scheme', 'ftp://hooks.example.com/'],
    ['with a password in it', 'https://me:pw@hooks.example.com/'],
    ['private', 'https://10.1.2.3/'],
    ['private', 'https://192.168.1.1/'],
    ['private', 'https://172.16.0.1/'],
    ['link-local, where clouds keep their secrets', 'https://169.254.169.254/latest/meta-data'],
    ['of a carrier', 'https://100.64.0.1/'],
    ['unspecified', 'https://0.0.0.0/'],
    ['written as one number', 'https://3232235777/'],
    ['written in octal', 'https://0300.0250.01.01/'],
    ['written in hexadecimal', 'https://0xc0a80101/'],
    ['written short', 'https://10.1/'],
    ['private in IPv6', 'https://[fd00::1]/'],
    ['link-local in IPv6', 'https://[fe80::1]/'],
    ['IPv4 within IPv6', 'https://[::ffff:10.0.0.1]/'],
    ['IPv4 within IPv6, in hexadecimal', 'https://[::ffff:a9fe:a9fe]/'],
    ['translated from IPv4', 'https://[64:ff9b::10.0.0.1]/'],
    ['tunnelled from IPv4', 'https://[2002:0a00:0001::]/'],
    ['this machine, as IPv4 once stood in IPv6', 'https://[::127.0.0.2]/'],
    ['given to nobody', 'https://[::1:a00:1]/'],
    ['given to nobody', 'https://[4000::1]/'],
    ['given to nobody', 'https://[fe00::1]/'],
    ['of one site, as it once was', 'https://[fec0::1]/'],
    ['broadcast', 'https://255.255.255.255/'],
    ['multicast', 'https://224.0.0.1/'],
  ])('%s: %s', (_what, url) => expect(problemOfUrl(url, [])).toMatch(/https|address|password/))
})

test('an operator opens ranges, and only those', () => {
  const allowed = rangesOf(['10.1.0.0/16', 'fd00::/8', '192.168.7.7'])
  expect(problemOfUrl('https://10.1.9.9/', allowed)).toBeUndefined()
  expect(problemOfUrl('https://10.2.9.9/', allowed)).toContain('private')
  expect(problemOfUrl('https://[fd12::1]/', allowed)).toBeUndefined()
  expect(problemOfUrl('https://192.168.7.7/', allowed)).toBeUndefined()
  expect(problemOfUrl('https://192.168.7.8/', allowed)).toContain('private')
})

describe('a name is judged by what it resolves to when it is connected to', () => {
  const lookUp = (hostname: string, addresses: string[]) =>
    new Promise<string>((resolve) => {
      const found = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
      guardedLookup([], () => Promise.resolve(found))(hostname, {}, (error, address) =>
        resolve(error ? error.message : (address as string)),
      )
    })

  test('a public address is what the socket gets', async () =>
    expect(await lookUp('hooks.example.com', ['93.184.216.34'])).toBe('93.184.216.34'))
  test.each([['127.0.0.1'], ['10.0.0.1'], ['169.254.169.254'], ['::1'], ['::ffff:127.0.0.1'], ['fe80::1']])(
    'a public name for %s is refused',
    async (address) => expect(await lookUp('hooks.example.com', [address])).toContain(`${address} is a`),
  )
  test('one private address among public ones refuses all', async () =>
    expect(await lookUp('hooks.example.com', ['93.184.216.34', '10.0.0.1'])).toContain('private'))
  test('localhost is this machine', async () =>
    expect(await lookUp('localhost', ['127.0.0.1'])).toBe('127.0.0.1'))
})
