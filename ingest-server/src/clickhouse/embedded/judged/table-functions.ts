/**
 * Every table function of the embedded ClickHouse, and whether a person's query may use it. ClickHouse asks most of
 * them for the right CREATE TEMPORARY TABLE or for a source (FILE, URL, S3 …), which nobody has who reads; some ask
 * for nothing. So a row filter that lets nothing through stands on each that is not usable, see users-config.ts.
 */
import { words, type Judged } from './judged.js'

export const judgedTableFunctions = {
  values: {
    reason: 'Rows made of the arguments, or of a query that is judged like any other.',
    isUsable: true,
    names: words(`
      SQLStandardValues generateSeries generate_series null numbers numbers_mt primes values view viewExplain
      viewIfPermitted zeros zeros_mt
    `),
  },
  tables: {
    reason:
      'Look at tables from behind: the primary key of all projects (mergeTreeIndex), tables by a pattern of their names (merge). Row filters of the tables do not hold there.',
    isUsable: false,
    names: words(`
      loop merge mergeTreeAnalyzeIndexes mergeTreeAnalyzeIndexesUUID mergeTreeIndex mergeTreeProjection
      mergeTreeTextIndex prometheusQuery prometheusQueryRange timeSeriesData timeSeriesMetrics timeSeriesSamples
      timeSeriesSelector timeSeriesTags
    `),
  },
  files: {
    reason: 'Read files, folders, programs or what was sent with a request.',
    isUsable: false,
    names: words(`
      deltaLakeLocal dictionary executable file fileCluster filesystem icebergLocal icebergLocalCluster input
      paimonLocal sqlite
    `),
  },
  servers: {
    reason: 'Connect to other servers.',
    isUsable: false,
    names: words(`
      azureBlobStorage azureBlobStorageCluster cluster clusterAllReplicas cosn deltaLake deltaLakeAzure
      deltaLakeAzureCluster deltaLakeCluster deltaLakeS3 deltaLakeS3Cluster gcs hdfs hdfsCluster hudi hudiCluster
      iceberg icebergAzure icebergAzureCluster icebergCluster icebergHDFS icebergHDFSCluster icebergS3
      icebergS3Cluster jdbc mongodb mysql odbc oss paimon paimonAzure paimonAzureCluster paimonCluster paimonHDFS
      paimonHDFSCluster paimonS3 paimonS3Cluster postgresql redis remote remoteSecure s3 s3Cluster url urlCluster
      ytsaurus
    `),
  },
  texts: {
    reason: 'Run a text as a query, or make rows of a text or of chance.',
    isUsable: false,
    names: words(`eval format fuzzJSON fuzzQuery generateRandom`),
  },
} satisfies Record<string, Judged & { isUsable: boolean }>

export const heldTableFunctions: readonly string[] = Object.values(judgedTableFunctions).flatMap(
  ({ isUsable, names }) => (isUsable ? [] : names),
)
