-- Written by amphora deploy from the site's catalog; changes here are lost.
help([=[samtools 1.16 - Tools for "SAM" [and $BAM] {x

channel   deprecated
commands  samtools, bgzip
homepage  https://www.htslib.org/
licence   MIT
cite      doi:10.1093/gigascience/giab008
image     sha256:16ffcff2eb9b46c0e9f4eca8c9725dd5bc64f18b39cc98a56dc7f35c5174954d
contact   ann@example.org]=])
whatis("Name: samtools")
whatis("Version: 1.16")
whatis("Description: Tools for \"SAM\" [and $BAM] {x")
whatis("URL: https://www.htslib.org/")
whatis("Keywords: bam, cram")
if mode() == "load" and os.date("%Y-%m-%d") >= "2027-01-01" then
   LmodError("samtools/1.16 is deprecated and no longer offered: slow \"sort\" [x] $y {z; use samtools/1.20")
end
if mode() == "load" then
   LmodMessage("samtools/1.16 is deprecated and refused from 2027-01-01 on: slow \"sort\" [x] $y {z; use samtools/1.20")
end
conflict("samtools-native")
prepend_path("PATH", "/site/commands/samtools/1.16/bin")
setenv("REF_CACHE", "/ref/%2s/%s")
extensions("bgzip/1.16")
