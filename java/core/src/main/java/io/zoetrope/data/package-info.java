/** Data sets and pictures: readers that refuse bad files before they cost memory, writers that never leave half a file. */
package io.zoetrope.data;
