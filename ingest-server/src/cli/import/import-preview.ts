/** What a dry run shows to people. */
import type { ImportRunAnswer } from '@touchline/schemas/api'

const longestShown = 110

export function showPreview({ preview = [], ambiguous = [] }: ImportRunAnswer): string {
  const lines: string[] = []
  for (const { line, becomes, reason } of preview) {
    if (reason !== null) lines.push(`  line ${line}: refused: ${reason}`)
    else if (becomes.length === 0) lines.push(`  line ${line}: nothing`)
    else for (const one of becomes) lines.push(`  line ${line}: ${inShort(one)}`)
  }
  for (const { column, value, dayFirst, monthFirst, taken } of ambiguous)
    lines.push(
      `  ? ${column} ${value}: ${dayFirst} (day first) or ${monthFirst} (month first); ${
        taken === null ? 'the map does not say' : `the map reads ${taken}`
      }`,
    )
  return lines.join('\n')
}

function inShort(made: Record<string, unknown>): string {
  const context = (made.context ?? {}) as {
    touchpoint?: { kind?: string; channel?: string }
    groupId?: string
    traits?: { email?: string }
  }
  const traits = made.traits as { email?: string } | undefined
  const { kind, channel } = context.touchpoint ?? {}
  const parts = [
    made.timestamp ?? made.day,
    [made.type, kind, channel].filter(Boolean).join(' '),
    made.event ?? made.name,
    made.userId ?? traits?.email ?? context.traits?.email ?? made.anonymousId,
    made.groupId ?? context.groupId,
    ...(made.type === 'cost' ? [made.channel, made.campaign, made.amount, made.currency] : []),
    JSON.stringify(made.properties ?? made.traits ?? {}),
  ]
  return parts
    .filter((part) => part !== undefined && part !== '' && part !== '{}')
    .join('  ')
    .slice(0, longestShown)
}
