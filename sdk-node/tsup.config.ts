import { defineConfig } from 'tsup'

// The builders of @touchline/schemas are a private package: their code and types go into the bundle.
export default defineConfig({
  entry: ['src/index.ts'],
  format: ['esm', 'cjs'],
  target: 'node20',
  platform: 'node',
  // tsup sets baseUrl, which TypeScript 6 warns of as an error.
  dts: { compilerOptions: { ignoreDeprecations: '6.0' } },
  clean: true,
  noExternal: ['@touchline/schemas'],
  esbuildOptions(options) {
    options.conditions = ['source']
  },
})
