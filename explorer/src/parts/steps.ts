/** From 0 in equal steps of 1, 2 or 5 times a power of ten, at most six, so that the last is not below the greatest value. */
export function stepsTo(greatest: number): number[] {
  const least = (greatest > 0 ? greatest : 1) / 5
  const power = 10 ** Math.floor(Math.log10(least))
  const step = power * ([1, 2, 5, 10].find((times) => times * power >= least) ?? 10)
  const count = Math.ceil((greatest > 0 ? greatest : 1) / step - 1e-9)
  return Array.from({ length: count + 1 }, (_, at) => at * step)
}
