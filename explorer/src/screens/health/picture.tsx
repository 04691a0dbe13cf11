import type { Line } from '@touchline/schemas/api'
import { useWords } from '../../i18n/dictionary.js'
import { useFormats } from '../../i18n/formats.js'
import { Fragment } from 'preact'
import { differenceOf, sumsOf, type Sum, type Term } from './line.js'
import { words } from './words.js'

/** Three sums under one another, each going on with the part of the one before that went on. */
export function Picture({ line }: { line: Line }) {
  const t = useWords(words)
  return (
    <ol class="line" aria-label={t.line}>
      {sumsOf(line).map((sum) => (
        <li key={sum.left[0].term}>
          <Row sum={sum} by={differenceOf(sum, line)} />
        </li>
      ))}
    </ol>
  )
}

function Row({ sum: { left, right }, by }: { sum: Sum; by: number }) {
  const t = useWords(words)
  const { number } = useFormats()
  const isBroken = by !== 0
  return (
    <div class={isBroken ? 'line-sum is-broken' : 'line-sum'}>
      <Side parts={left} />
      <span class="line-sign">
        <span aria-hidden="true">{isBroken ? '≠' : '='}</span>
        <span class="unseen">{isBroken ? t.unequal : t.equals}</span>
        {isBroken && <span class="line-by">{number(by)}</span>}
      </span>
      <Side parts={right} />
    </div>
  )
}

function Side({ parts }: { parts: Sum['right'] }) {
  const t = useWords(words)
  return (
    <>
      {parts.map((part, index) => (
        <Fragment key={part.term}>
          {index > 0 && (
            <span class="line-sign line-sign--plus">
              <span aria-hidden="true">+</span>
              <span class="unseen">{t.plus}</span>
            </span>
          )}
          <Box {...part} />
        </Fragment>
      ))}
    </>
  )
}

const bad: readonly Term[] = ['refused', 'deadLetters']

function Box({ term, n }: { term: Term; n: number }) {
  const t = useWords(words)
  const { number } = useFormats()
  const tone = n > 0 && bad.includes(term) ? 'line-box line-box--bad' : 'line-box'
  return (
    <span class={tone} data-term={term} title={t[`about.${term}`]}>
      <strong>{number(n)}</strong>
      <span>{t[term]}</span>
    </span>
  )
}
