/** Lines over time as SVG: some sixteen points need no library. What it shows stands in a table beside it for who cannot see it. */
import { useRef } from 'preact/hooks'
import { useFormats } from '../i18n/formats.js'
import { stepsTo } from './steps.js'
import { useWidth } from './use-width.js'

export interface ChartLine {
  name: string
  slot: number
  values: readonly (number | null)[]
}
interface ChartProps {
  label: string
  /** Milliseconds, ascending. */
  times: readonly number[]
  lines: readonly ChartLine[]
  height?: number
  tick: 'day' | 'month'
}

const leastWidth = 240
/** Room for the words of the axes; above and on the right for half of a word and a point. */
const room = { left: 44, right: 24, above: 8, below: 28 }

export function Chart({ label, times, lines, height = 280, tick }: ChartProps) {
  const box = useRef<HTMLDivElement>(null)
  const width = Math.max(leastWidth, useWidth(box))
  const formats = useFormats()
  const [first = 0, last = 0] = [times[0], times.at(-1)]
  const steps = stepsTo(Math.max(0, ...lines.flatMap(({ values }) => values.map((value) => value ?? 0))))
  const ground = height - room.below
  const inner = width - room.left - room.right
  const xOf = (at: number) =>
    room.left + (first === last ? inner / 2 : ((at - first) / (last - first)) * inner)
  const yOf = (value: number) => ground - (value / (steps.at(-1) ?? 1)) * (ground - room.above)
  const spread = inner / Math.max(1, times.length - 1)
  return (
    <div class="chart" ref={box} role="img" aria-label={label}>
      <svg width={width} height={height} aria-hidden="true">
        {steps.map((value) => (
          <g key={value}>
            <line class="chart-grid" x1={room.left} x2={width - room.right} y1={yOf(value)} y2={yOf(value)} />
            <text x={room.left - 8} y={yOf(value)} dy="0.35em" text-anchor="end">
              {formats.number(value)}
            </text>
          </g>
        ))}
        {thinned(times, inner).map((at) => (
          <text key={at} x={xOf(at)} y={height - 8} text-anchor="middle">
            {formats.tick(at, tick)}
          </text>
        ))}
        {lines.map(({ name, slot, values }) => (
          <path
            key={name}
            class="chart-line"
            stroke={`var(--channel-${slot})`}
            d={pathOf(values, (value, index) => `${xOf(times[index] ?? 0)} ${yOf(value)}`)}
          />
        ))}
        {times.map((at, index) => (
          <g class="chart-time" key={at}>
            <title>{titleOf(formats.date(at), lines, index, formats.number)}</title>
            <rect x={xOf(at) - spread / 2} width={spread} height={ground} />
            <line x1={xOf(at)} x2={xOf(at)} y1={room.above} y2={ground} />
            {lines.map(({ name, slot, values }) => {
              const value = values[index] ?? null
              return (
                value !== null && (
                  <circle key={name} class={`fill-${slot}`} cx={xOf(at)} cy={yOf(value)} r="2.5" />
                )
              )
            })}
          </g>
        ))}
      </svg>
    </div>
  )
}

/** Where there is no value the line is interrupted. */
const pathOf = (values: ChartLine['values'], pointOf: (value: number, index: number) => string) =>
  values
    .map((value, index) =>
      value === null ? '' : `${(values[index - 1] ?? null) === null ? 'M' : 'L'}${pointOf(value, index)}`,
    )
    .join('')

function titleOf(
  date: string,
  lines: readonly ChartLine[],
  index: number,
  number: (value: number) => string,
) {
  const parts = lines.flatMap(({ name, values }) => {
    const value = values[index] ?? null
    return value === null ? [] : `${name === '' ? '–' : name}: ${number(value)}`
  })
  return [date, ...parts].join('\n')
}

const widthOfWord = 56

/** Of points that stand too near for their words the later: the latest is the one that is looked for. */
function thinned(times: readonly number[], width: number): number[] {
  const [first = 0, last = 0] = [times[0], times.at(-1)]
  const least = ((last - first) * widthOfWord) / Math.max(width, widthOfWord)
  const kept: number[] = []
  for (const at of [...times].reverse())
    if (kept.length === 0 || (kept[0] ?? 0) - at >= least) kept.unshift(at)
  return kept
}
