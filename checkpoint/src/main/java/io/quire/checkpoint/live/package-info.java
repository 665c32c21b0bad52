/* SPDX-License-Identifier: Apache-2.0 */
/** A store while it is open: its lock, its owner, and the scratch place of its live memory and ring. */
package io.quire.checkpoint.live;
