/** Addresses, only ever truncated: /24 of IPv4, /48 of IPv6, so that no one household stands in the log. */
import { isIPv4 } from 'node:net'
import ipaddr from 'ipaddr.js'

const maxLength = 512
const portOfIpv4 = /^([\d.]+):\d{1,5}$/
const bracketed = /^\[([^\]]+)\](?::\d{1,5})?$/
// Java writes the host's name and a slash before an address, the header Forwarded a name before and more behind it.
const before = /^(?:for=)?"?(?:(?:[a-z][\w.-]*)?\/(?=[\da-f:[]))?/i
const behind = /"?(?:;.*)?$/s

/**
 * `203.0.113.7` → `203.0.113.0`, `2001:db8:1:2::3` → `2001:db8:1::`; empty for what is no address. Of a list, as
 * proxies write it (client first) or as JSON, the first that is an address; a port does not count.
 */
export function truncateIp(value: unknown): string {
  if (Array.isArray(value)) return firstOf(value.slice(0, 10) as unknown[])
  if (typeof value !== 'string' || value.length > maxLength) return ''
  if (value.includes(',')) return firstOf(value.split(',', 10))
  const text = value.trim().replace(before, '').replace(behind, '')
  const bare = bracketed.exec(text)?.[1] ?? portOfIpv4.exec(text)?.[1] ?? text
  return networkText(bare.replace(/\/\d{1,3}$/, ''), { ipv4: 3, ipv6: 3 })
}

function firstOf(values: readonly unknown[]): string {
  for (const value of values) {
    const address = Array.isArray(value) ? '' : truncateIp(value)
    if (address !== '') return address
  }
  return ''
}

/** What counts as one sender: an IPv4 address, an IPv6 /64; what is no address counts as it is. Never stored. */
export function networkOf(address: string): string {
  return networkText(address, { ipv4: 4, ipv6: 4 }) || address
}

/** An address with so many of its bytes (IPv4) or groups (IPv6), the rest zero; empty for what is none. */
function networkText(text: string, kept: { ipv4: number; ipv6: number }): string {
  // Most are IPv4, and ipaddr.js takes a hundred times as long to say so.
  if (isIPv4(text)) return kept.ipv4 === 4 ? text : `${text.slice(0, text.lastIndexOf('.'))}.0`
  const address = text.split('%', 1)[0] ?? ''
  if (!ipaddr.IPv6.isValid(address)) return ''
  const parsed = ipaddr.process(address)
  if (parsed instanceof ipaddr.IPv4) return networkText(parsed.toString(), kept)
  const groups = parsed.parts.map((group, index) => (index < kept.ipv6 ? group : 0))
  return new ipaddr.IPv6(groups).toString()
}
