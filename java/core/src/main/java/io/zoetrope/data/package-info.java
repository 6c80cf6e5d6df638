/**
 * Data sets, pictures, films and sounds: readers that refuse bad files before they cost memory, writers that never leave
 * half a file. Published sets come from {@link io.zoetrope.data.DataSets} and {@link io.zoetrope.data.AudioSets}, by name
 * or folder; users' own pictures are made fit for a model by {@link io.zoetrope.data.PicturePreparation}.
 */
package io.zoetrope.data;
