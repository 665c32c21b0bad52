/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Durable stores: keyed state with checkpoints, a change log and recovery. Start with {@link
 * io.quire.checkpoint.DurableStateStore}.
 */
package io.quire.checkpoint;
