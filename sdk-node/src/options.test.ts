import { describe, expect, it } from 'vitest'
import { TouchlineError } from './errors.js'
import { settingsFrom, type TouchlineOptions } from './options.js'
import { unknownOptions } from './unknown-options.js'

const good = { writeKey: 'wk_1', host: 'https://events.example.com' }

describe('the options', () => {
  it.each<[unknown, RegExp]>([
    [undefined, /the options are missing/],
    [null, /the options are missing/],
    [{ writeKey: 'wk' }, /host is missing/],
    [{ ...good, host: null }, /host is missing/],
    [{ ...good, host: '  ' }, /host must be an address/],
    [{ ...good, host: 'https://' }, /host must be an address/],
    [{ ...good, host: 'ftp://events.example.com' }, /host must be an address/],
    [{ ...good, host: 8484 }, /host must be an address/],
    [{ ...good, host: 'https://events.example.com?x=1' }, /host must be .*without a query/],
    [{ ...good, host: 'https://wk@events.example.com' }, /host must be .*user name/],
    [{ ...good, host: 'https://events.example.com/v1/batch' }, /host must be given without \/v1/],
    [{ ...good, host: 'https://events.example.com/t/v1/' }, /host must be given without \/v1/],
    [{ ...good, writeKey: undefined }, /writeKey is missing/],
    [{ ...good, writeKey: 42 }, /writeKey is missing/],
    [{ ...good, writeKey: 'wk_1, wk_2' }, /writeKey must be one key/],
    [{ ...good, gzip: 'false' }, /gzip must be true or false/],
    [{ ...good, fetch: 'node-fetch' }, /fetch must be a function/],
    [{ ...good, onDrop: {} }, /onDrop must be a function/],
    [{ ...good, clock: 0 }, /clock must be a function/],
    [{ ...good, logger: { warn: () => undefined } }, /logger must have the functions/],
    [{ ...good, spool: '' }, /spool must be a folder/],
    [{ ...good, spool: false }, /spool must be a folder/],
    [{ ...good, spool: { maxBytes: 5 } }, /spool must be a folder/],
    [{ ...good, spool: { dir: 'x', maxBytes: '1GB' } }, /spool.maxBytes must be a number/],
    [{ ...good, spool: { dir: 'x', fsync: 'yes' } }, /spool.fsync must be true or false/],
    [{ ...good, maxAgeMs: '12h' }, /maxAgeMs must be a number/],
  ])('%j are refused by value, naming the option', (options, words) => {
    const read = () => settingsFrom(options as TouchlineOptions)
    expect(read).toThrow(TouchlineError)
    expect(read).toThrow(words)
  })

  it.each<[Partial<TouchlineOptions>, Record<string, unknown>]>([
    [{ host: ' https://events.example.com// ' }, { url: new URL('https://events.example.com/v1/batch') }],
    [{ host: 'HTTP://localhost:8484/t' }, { url: new URL('http://localhost:8484/t/v1/batch') }],
    [{ writeKey: 'wk_1\n' }, { authorization: `Basic ${Buffer.from('wk_1:').toString('base64')}` }],
    [
      { gzip: undefined, maxInFlight: undefined },
      { gzip: true, maxInFlight: 4 },
    ],
  ])('%j are read as they are meant', (options, settings) => {
    expect(settingsFrom({ ...good, ...options })).toMatchObject(settings)
  })

  it('of clients that differ in key or host name different targets for the spool', () => {
    const targetOf = (options: Partial<TouchlineOptions>) =>
      settingsFrom({ ...good, spool: 'x', ...options }).spool?.target
    const targets = [
      targetOf({}),
      targetOf({ writeKey: 'wk_2' }),
      targetOf({ host: 'https://events.example.org' }),
      targetOf({ host: 'https://events.example.com:8443' }),
      targetOf({ host: 'https://events.example.com/eu' }),
    ]
    expect(new Set(targets).size).toBe(5)
    expect(targetOf({ host: 'https://EVENTS.example.com/' })).toBe(targets[0])
    expect(targets[0]).toMatch(/^[0-9a-f]{12}$/)
  })
})

describe('an unknown option', () => {
  it.each([
    ['flushInterval', 'flushAfterMs'],
    ['dataPlaneUrl', 'host'],
    ['apiKey', 'writeKey'],
    ['maxRetries', 'maxAgeMs'],
    ['flushTimeout', 'flushTimeoutMs'],
    ['requestTimeout', 'requestTimeoutMs'],
    ['WriteKey', 'writeKey'],
    ['onDropped', 'onDrop'],
    ['loger', 'logger'],
  ])('%s is named with %s', (name, near) => {
    expect(unknownOptions({ ...good, [name]: 1 })).toEqual([
      `there is no option ${name}; it is ignored. Did you mean ${near}?`,
    ])
  })

  it('that is near to nothing is named alone, and known ones are not', () => {
    expect(unknownOptions({ ...good, favouriteColour: 1 })).toEqual([
      'there is no option favouriteColour; it is ignored.',
    ])
    expect(unknownOptions({ ...good, spool: { dir: 'x', fsync: true }, onDrop: () => undefined })).toEqual([])
  })
})
