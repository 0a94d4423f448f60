-- Written by amphora deploy from the site's catalog; changes here are lost.
help([=[samtools 1.20 - Tools for "SAM" [and $BAM] {x

channel   stable
commands  samtools, bgzip
homepage  https://www.htslib.org/
licence   MIT
cite      doi:10.1093/gigascience/giab008
image     sha256:e06a321148a8ed1ab42a0653286ddf1f752689f0d2fa4d449afab0baa6006136
contact   ann@example.org]=])
whatis("Name: samtools")
whatis("Version: 1.20")
whatis("Description: Tools for \"SAM\" [and $BAM] {x")
whatis("URL: https://www.htslib.org/")
whatis("Keywords: bam, cram")
conflict("samtools-native")
prepend_path("PATH", "/site/commands/samtools/1.20/bin")
setenv("REF_CACHE", "/ref/%2s/%s")
extensions("bgzip/1.20")
