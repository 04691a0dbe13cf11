/** Lines over time, drawn by uPlot on a canvas; what it shows stands in a table beside it for who cannot see it. */
import { useEffect, useRef } from 'preact/hooks'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { useFormats } from '../i18n/formats.js'
import { usePreferences } from '../preferences.js'

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

export function Chart({ label, times, lines, height = 280, tick }: ChartProps) {
  const box = useRef<HTMLDivElement>(null)
  const formats = useFormats()
  const { theme } = usePreferences()
  useEffect(() => {
    const element = box.current
    if (element === null) return
    const style = getComputedStyle(document.documentElement)
    const colour = (name: string) => style.getPropertyValue(name).trim()
    const axis = {
      stroke: colour('--muted'),
      grid: { stroke: withAlpha(colour('--ink')), width: 1 },
      ticks: { show: false },
      font: `12px ${getComputedStyle(element).fontFamily}`,
    }
    const options: uPlot.Options = {
      width: Math.max(240, element.clientWidth),
      height,
      legend: { show: false },
      cursor: { y: false, points: { size: 6 } },
      scales: { x: { time: false } },
      axes: [
        {
          ...axis,
          grid: { show: false },
          size: 28,
          // Only where there is a point: a period between two is none.
          splits: ({ width }) => thinned(times, width),
          values: (_chart, splits) => splits.map((at) => formats.tick(at * 1_000, tick)),
        },
        { ...axis, size: 44, values: (_chart, splits) => splits.map((value) => formats.number(value)) },
      ],
      series: [
        {},
        ...lines.map(({ name, slot }) => ({
          label: name,
          stroke: colour(`--channel-${slot}`),
          width: 2,
          points: { show: true, size: 5 },
        })),
      ],
    }
    const chart = new uPlot(
      options,
      [times.map((at) => at / 1_000), ...lines.map(({ values }) => [...values])],
      element,
    )
    const resizing = new ResizeObserver(() =>
      chart.setSize({ width: Math.max(240, element.clientWidth), height }),
    )
    resizing.observe(element)
    return () => {
      resizing.disconnect()
      chart.destroy()
    }
  }, [times, lines, formats, theme, height, tick])
  return <div class="chart" ref={box} role="img" aria-label={label} />
}

const widthOfWord = 56

const withAlpha = (colour: string) => `color-mix(in srgb, ${colour} 10%, transparent)`

/** Of points that stand too near for their words the first. */
function thinned(times: readonly number[], width: number): number[] {
  const [first = 0, last = 0] = [times[0], times.at(-1)]
  const least = ((last - first) * widthOfWord) / Math.max(width, widthOfWord)
  const kept: number[] = []
  // From the end: the latest is the one that is looked for.
  for (const at of [...times].reverse())
    if (kept.length === 0 || (kept[0] ?? 0) - at >= least) kept.unshift(at)
  return kept.map((at) => at / 1_000)
}
