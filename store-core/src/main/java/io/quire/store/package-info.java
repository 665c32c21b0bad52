/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Keyed state in paged memory: the store and its states.
 *
 * <p>Start with {@code io.quire.checkpoint.DurableStateStore}, which opens or recovers a directory; {@link
 * io.quire.store.StateStore} is the part of it that lives in memory.
 */
package io.quire.store;
