/**
 * Which domains lead to an account, as who-is-who decides it. That an account says a domain is its own is only a
 * claim: a receiver that keys by domains would let whoever makes it write over another account's record.
 */
import type { Reader } from '../../clickhouse/query.js'
import { openFacts } from '../../identity/facts/facts.js'
import { domainMeanings } from '../../identity/rules/accounts.js'
import { claimedDomain, corporateDomain, domainRulesOf } from '../../identity/rules/domains.js'

const ofDomain = 'domain:'

/** Account → registrable domains; one without any is left out. Read from the facts, so it waits for no stitching. */
export async function readDomainsOf(
  reader: Reader,
  accounts: readonly string[],
): Promise<Map<string, string[]>> {
  const rules = domainRulesOf(reader.domains)
  const facts = openFacts(reader.client, reader)
  const said = (await facts.domainTraitsOf(accounts)).map(({ value }) => claimedDomain(value, rules))
  const named = accounts
    .filter((account) => account.startsWith(ofDomain))
    .map((account) => account.slice(ofDomain.length))
    .filter((domain) => corporateDomain(`@${domain}`, rules) === domain)
  const domains = [...new Set([...said, ...named])].filter((domain) => domain !== undefined).sort()
  const meaningOf = domainMeanings(await facts.domainTraits(domains), rules)
  const found = new Map<string, string[]>()
  for (const domain of domains) {
    const { account } = meaningOf(domain)
    if (account !== undefined) found.set(account, [...(found.get(account) ?? []), domain])
  }
  return found
}
