import fc from 'fast-check'
import { isIPv6 } from 'node:net'
import { describe, expect, test } from 'vitest'
import { truncateIp } from './ip.js'

describe('truncateIp', () => {
  test.each([
    ['203.0.113.77', '203.0.113.0'],
    ['::ffff:203.0.113.77', '203.0.113.0'],
    ['::FFFF:cb00:714d', '203.0.113.0'],
    ['64:ff9b::192.0.2.33', '64:ff9b::'],
    ['0:1::', '0:1::'],
    ['[fe80::1%br-lan.7]:443', 'fe80::'],
    ['2001:db8:abcd:12:34:56:78:9a', '2001:db8:abcd::'],
    ['2001:DB8::1', '2001:db8::'],
    ['2001:db8:0:1::1', '2001:db8::'],
    ['fe80::1%eth0', 'fe80::'],
    ['::1', '::'],
    ['1::', '1::'],
    ['203.0.113.77:51034', '203.0.113.0'],
    ['[2001:db8:abcd:12::9]:443', '2001:db8:abcd::'],
    ['[2001:db8:abcd:12::9]', '2001:db8:abcd::'],
    ['198.51.100.4, 10.0.0.1', '198.51.100.0'],
    ['unknown, 2001:db8:abcd::1', '2001:db8:abcd::'],
    ['198.51.100.4/32', '198.51.100.0'],
    [['198.51.100.4', '10.0.0.1'], '198.51.100.0'],
    [[null, '198.51.100.4:80'], '198.51.100.0'],
    ['/198.51.100.4:52144', '198.51.100.0'],
    ['client.example/198.51.100.4', '198.51.100.0'],
    ['/2001:db8:abcd:12:0:0:0:9', '2001:db8:abcd::'],
    ['/[2001:db8:abcd:12:0:0:0:9]:443', '2001:db8:abcd::'],
    ['for=198.51.100.4;proto=https;by=203.0.113.43', '198.51.100.0'],
    ['For="[2001:db8:abcd::17]:4711"', '2001:db8:abcd::'],
    ['for=198.51.100.4, for=10.0.0.1', '198.51.100.0'],
    ['"198.51.100.4"', '198.51.100.0'],
  ] as [unknown, string][])('%s → %s', (address, truncated) => {
    expect(truncateIp(address)).toBe(truncated)
  })

  test.each([
    '',
    'localhost',
    '999.1.1.1',
    '1.2.3',
    '1.2.3.4.5',
    ':::',
    '[::1',
    '1.2.3.4:x',
    'for=unknown',
    'for=_hidden',
    'a/b/1.2.3.4',
    undefined,
    7,
    {},
    [],
    [['1.2.3.4']],
  ])('%s is no address', (value) => {
    expect(truncateIp(value)).toBe('')
  })

  test('two addresses of one network become one, and the result is an address', () => {
    fc.assert(
      fc.property(fc.ipV6(), (address) => {
        const truncated = truncateIp(address)
        expect(isIPv6(truncated) || /^\d+\.\d+\.\d+\.0$/.test(truncated)).toBe(true)
        expect(truncateIp(truncated)).toBe(truncated)
      }),
    )
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        expect(truncateIp(address)).toBe(address.replace(/\d+$/, '0'))
      }),
    )
  })
})
