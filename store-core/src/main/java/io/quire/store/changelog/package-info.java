/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The change log's front end: records, the ring in a mapped file that survives the process, the writer's API to it, and
 * the assembly of records into complete groups. Knows nothing of log segments on disk.
 */
package io.quire.store.changelog;
