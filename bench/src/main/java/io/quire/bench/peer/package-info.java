/* SPDX-License-Identifier: Apache-2.0 */
/** The contestants, each by its own recommended fast path, with the settings that were chosen for it. */
package io.quire.bench.peer;
