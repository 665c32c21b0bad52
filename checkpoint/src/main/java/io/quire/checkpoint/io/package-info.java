/* SPDX-License-Identifier: Apache-2.0 */
/** The file layer: the only way a store reaches a disk, and where tests put their faults. */
package io.quire.checkpoint.io;
