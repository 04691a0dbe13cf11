/** Addresses, only ever truncated: /24 of IPv4, /48 of IPv6, so that no one household stands in the log. */
import { isIPv6 } from 'node:net'

const ipv4Shape = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/
const mappedPrefix = /^::ffff:/i

const maxLength = 512
const portOfIpv4 = /^([\d.]+):\d{1,5}$/
const bracketed = /^\[([^\]]+)\](?::\d{1,5})?$/

/**
 * `203.0.113.7` → `203.0.113.0`, `2001:db8:1:2::3` → `2001:db8:1::`; empty for what is no address. Of a list, as
 * proxies write it (client first) or as JSON, the first that is an address; a port does not count.
 */
export function truncateIp(value: unknown): string {
  if (Array.isArray(value)) return firstOf(value.slice(0, 10) as unknown[])
  if (typeof value !== 'string' || value.length > maxLength) return ''
  if (value.includes(',')) return firstOf(value.split(',', 10))
  const text = value.trim()
  const bare = bracketed.exec(text)?.[1] ?? portOfIpv4.exec(text)?.[1] ?? text
  const address = bare.replace(/\/\d{1,3}$/, '').replace(mappedPrefix, '')
  const v4 = ipv4Shape.exec(address)
  if (v4) return v4.slice(1).every((part) => Number(part) < 256) ? `${v4[1]}.${v4[2]}.${v4[3]}.0` : ''
  return firstGroups(address, 3)
}

function firstOf(values: readonly unknown[]): string {
  for (const value of values) {
    const address = Array.isArray(value) ? '' : truncateIp(value)
    if (address !== '') return address
  }
  return ''
}

/** What counts as one sender: an IPv4 address, an IPv6 /64. Never stored. */
export function networkOf(address: string): string {
  const bare = address.replace(mappedPrefix, '')
  return ipv4Shape.test(bare) ? bare : firstGroups(bare, 4) || bare
}

function firstGroups(address: string, count: number): string {
  const bare = address.split('%')[0] ?? ''
  if (!isIPv6(bare)) return ''
  const [head = '', tail] = bare.toLowerCase().split('::')
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const groups =
    tail === undefined
      ? before
      : [...before, ...Array<string>(Math.max(0, 8 - before.length - after.length)).fill('0'), ...after]
  const kept = groups.slice(0, count).map((group) => parseInt(group || '0', 16).toString(16))
  while (kept.length > 0 && kept.at(-1) === '0') kept.pop()
  return kept.length === 0 ? '::' : `${kept.join(':')}::`
}
