/* SPDX-License-Identifier: Apache-2.0 */
/** Recovery: from the files of a directory to a store that answers, and the hydration that goes on behind it. */
package io.quire.checkpoint.recovery;
